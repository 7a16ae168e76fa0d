"""What a dataset is made from, and the key that identifies it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from worldprobe._util.files import content_key
from worldprobe._util.seeds import stream
from worldprobe.datasets.shards import shard_rows
from worldprobe.errors import InvalidValue
from worldprobe.explore.as_recorded import AsRecorded
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import World

FORMAT = 1
"""Raised when what is written for the same ingredients changes; older datasets are then made again."""

GRID_REACH = 3.0
"""The grid's box is [-3, 3]^n."""


@dataclass(frozen=True, eq=False)
class DatasetSpec:
    """A dataset before it is rendered: its controls and pairs, and the ingredients that its key is made of.

    The ingredients hold the digests of the controls and pairs themselves, so that frames are
    rendered again when a regime's code, or numpy's random streams, change.
    """

    pairs: Pairs
    observation_shape: tuple[int, ...]
    ingredients: dict[str, Any]

    @cached_property
    def key(self) -> str:
        """16 hex digits that change with any ingredient."""
        return content_key(self.ingredients)

    @property
    def frames(self) -> int:
        """How many frames it holds."""
        return len(self.pairs.controls)

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


def exploration(
    world: World, regime: Regime, frames: int, seed: int, split: Literal["train", "heldout"] = "train"
) -> DatasetSpec:
    """Describe a regime's exploration of a world: `frames` frames and their pairs, from the stream of (seed, split).

    Of a recording they are those of the split, however many. Raises InvalidValue for impossible frames or seed, or
    where the regime cannot explore this world.
    """
    name = _name(regime)
    source = {"name": name, "settings": regime.settings(), "split": split, "seed": seed}
    _check(frames, seed)
    shown = world.shown(split)
    if (shown is None) == isinstance(regime, AsRecorded):
        raise InvalidValue("regime", name, "`recorded` for a recording, and for nothing else")
    pairs = regime.sample(frames, world.controls, stream(seed, "exploration", name, split)) if shown is None else shown
    return _spec(world, pairs if isinstance(pairs, Pairs) else Pairs(*pairs), source)


def canonical(world: World, frames: int, seed: int, split: Literal["probe", "test"] = "test") -> DatasetSpec:
    """Describe canonical frames: independent N(0, I) controls, without pairs, the same for every regime.

    "probe" and "test" come from streams of their own, which no exploration draws from. The first frames of a larger set
    are those of a smaller one. Of a recording they are those of the split, however many.
    """
    _check(frames, seed)
    shown = world.shown(split)
    if shown is not None:
        pairs = Pairs(shown[0], np.zeros((0, 2), dtype=np.int64))
        return _spec(world, pairs, {"name": "recorded", "settings": {}, "split": split, "seed": seed})
    controls = stream(seed, "canonical", split).standard_normal((frames, len(world.controls))).astype(np.float32)
    pairs = Pairs(controls, np.zeros((0, 2), dtype=np.int64))
    return _spec(world, pairs, {"name": "canonical", "settings": {}, "split": split, "seed": seed})


def grid(world: World, frames: int, seed: int, split: Literal["probe", "test"] = "test") -> DatasetSpec:
    """Describe frames that cover the box [-3, 3]^n evenly: a regular grid of at most `frames` points, without pairs.

    Where a probe is fitted, and where even a grid of 2 points per control is too large, the points are drawn uniformly
    from the box instead.
    """
    _check(frames, seed)
    n = len(world.controls)
    side = int((frames + 0.5) ** (1 / n))
    if split == "test" and side >= 2:
        axes = np.meshgrid(*[np.linspace(-GRID_REACH, GRID_REACH, side)] * n, indexing="ij")
        controls = np.stack([axis.ravel() for axis in axes], axis=1)
    else:
        controls = stream(seed, "grid", split).uniform(-GRID_REACH, GRID_REACH, (frames, n))
    pairs = Pairs(controls.astype(np.float32), np.zeros((0, 2), dtype=np.int64))
    return _spec(world, pairs, {"name": "grid", "settings": {}, "split": split, "seed": seed})


def _spec(world: World, pairs: Pairs, source: dict[str, Any]) -> DatasetSpec:
    spec = DatasetSpec(pairs, tuple(world.observation_shape), {})
    ingredients = {
        "format": FORMAT,
        "shard_frames": shard_rows(spec.frames, spec.frame_bytes)[0].stop,
        "world": world.fingerprint,
        "observation_shape": list(world.observation_shape),
        "source": source,
        "frames": len(pairs.controls),
        "controls_sha256": _digest(pairs.controls),
        "pairs_sha256": _digest(pairs.index),
    }
    return replace(spec, ingredients=ingredients)


def _name(regime: Regime) -> str:
    """Return a regime's registered name, or where its class lives for one that was never registered."""
    kind = type(regime)
    return REGIMES.name_of(kind) if kind in REGIMES.values() else f"{kind.__module__}.{kind.__qualname__}"


def _check(frames: int, seed: int) -> None:
    if frames < 1:
        raise InvalidValue("frames", frames, "1 or more")
    if seed < 0:
        raise InvalidValue("seed", seed, "0 or more")


def _digest(array: Float[np.ndarray, "frames n"] | Int[np.ndarray, "pairs 2"]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
