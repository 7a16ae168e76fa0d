"""What a dataset is made from, and the key that identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from worldprobe._util.files import content_key
from worldprobe.datasets.shards import shard_rows
from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import Pairs, Regime
from worldprobe.sources import Canonical, Grid, Sample, Simulated, Source, Split
from worldprobe.world.world import World

FORMAT = 1
"""Raised when what is written for the same ingredients changes; older datasets are then made again."""


@dataclass(frozen=True, eq=False)
class DatasetSpec:
    """A dataset before it is rendered: a sample of a source, and the ingredients that its key is made of.

    The ingredients hold the digests of the controls, pairs and rows themselves, so that frames are
    rendered again when a regime's code, or numpy's random streams, change.
    """

    source: Source
    sample: Sample
    observation_shape: tuple[int, ...]
    ingredients: dict[str, Any]

    @cached_property
    def key(self) -> str:
        """16 hex digits that change with any ingredient."""
        return content_key(self.ingredients)

    @property
    def pairs(self) -> Pairs:
        """The controls of every frame, and which frames form pairs."""
        return self.sample.pairs

    @property
    def frames(self) -> int:
        """How many frames it holds."""
        return len(self.sample)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 for frames, float32 for vectors."""
        return np.dtype(np.uint8 if len(self.observation_shape) == 3 else np.float32)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return int(np.prod(self.observation_shape)) * self.dtype.itemsize

    @property
    def title(self) -> str:
        """Name it in a message: "gaussian, train, seed 0 (40,000 frames)"."""
        source = self.ingredients["source"]
        return f"{source['name']}, {source['split']}, seed {source['seed']} ({self.frames:,} frames)"


def specify(source: Source, split: Split, frames: int | None, seed: int) -> DatasetSpec:
    """Describe the frames of a source's sample (see `Source.sample`); raises InvalidValue where there is none."""
    if seed < 0:
        raise InvalidValue("seed", seed, "0 or more")
    sample, fingerprint, shape = source.sample(split, frames, seed), source.fingerprint, source.observation_shape
    spec = DatasetSpec(source, sample, shape, {})
    ingredients = {
        "format": FORMAT,
        "shard_frames": shard_rows(spec.frames, spec.frame_bytes)[0].stop,
        "world": fingerprint["world"],
        "observation_shape": list(shape),
        "source": {"name": fingerprint["name"], "settings": fingerprint["settings"], "split": split, "seed": seed},
        "frames": len(sample),
        "controls_sha256": _digest(sample.controls),
        "pairs_sha256": _digest(sample.index),
    }
    if sample.rows is not None:
        ingredients["rows_sha256"] = _digest(sample.rows)
    if sample.style is not None:
        ingredients["style"] = {"names": fingerprint["style"], "sha256": _digest(sample.style)}
    return replace(spec, ingredients=ingredients)


def exploration(
    world: World, regime: Regime, frames: int, seed: int, split: Literal["train", "heldout"] = "train"
) -> DatasetSpec:
    """Describe a regime's exploration of a world: `frames` frames and their pairs, from the stream of (seed, split).

    Raises InvalidValue for impossible frames or seed, or where the regime cannot explore this world.
    """
    return specify(Simulated(world, regime), split, frames, seed)


def canonical(world: World, frames: int, seed: int, split: Literal["probe", "test"] = "test") -> DatasetSpec:
    """Describe canonical frames: independent N(0, I) controls, without pairs, the same for every regime.

    "probe" and "test" come from streams of their own, which no exploration draws from.
    """
    return specify(Canonical(world), split, frames, seed)


def grid(world: World, frames: int, seed: int, split: Literal["probe", "test"] = "test") -> DatasetSpec:
    """Describe frames that cover the box [-3, 3]^n evenly, without pairs (see `sources.Grid`)."""
    return specify(Grid(world), split, frames, seed)


def _digest(array: Float[np.ndarray, "frames n"] | Int[np.ndarray, "..."]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
