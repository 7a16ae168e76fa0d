"""A world's canonical set as what an encoder is measured against: independent controls, and the frames of them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from jaxtyping import Int, Shaped
from pydantic import ValidationError

from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.datasets import Dataset, Store, canonical
from worldprobe.errors import InvalidValue
from worldprobe.evaluation.subject import Subject
from worldprobe.measures.row_blocks import probe_and_test_blocks
from worldprobe.world import WORLDS, World

PROBE, TEST = 4096, 4096
"""Frames that probes are fitted and scored on: those of a study with the same canonical seed."""


class CanonicalFrames:
    """The frames of the probe set, and after them those of the test set."""

    def __init__(self, probe: Dataset, test: Dataset) -> None:
        self._sets = probe, test

    def __len__(self) -> int:
        return sum(found.frame_count for found in self._sets)

    def read(self, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        """Return some rows' frames, in the order asked for."""
        probe, test = self._sets
        split = probe.frame_count
        first, second = rows < split, rows >= split
        shape = (len(rows), *probe.spec.observation_shape)
        found = np.empty(shape, dtype=probe.spec.dtype)
        if first.any():
            found[first] = probe.read(rows[first])
        if second.any():
            found[second] = test.read(rows[second] - split)
        return found


def of_world(
    world: World, *, probe: int = PROBE, test: int = TEST, seed: int = 0, reporter: Reporter | None = None
) -> Subject:
    """Render a world's canonical probe and test sets, or take them from the cache, as a study does."""
    shown, store = reporter or SilentReporter(), Store()

    def rendered(frames: int, split: Literal["probe", "test"]) -> Dataset:
        spec = canonical(world, frames, seed, split)
        with shown.task(f"rendering canonical {split}", store.missing(spec), "frames") as advance:
            return store.ensure(spec, progress=advance)

    with world:
        sets = rendered(probe, "probe"), rendered(test, "test")
    name = WORLDS.name_of(type(world))
    return Subject(
        f"the canonical set of {name}",
        np.concatenate([found.controls for found in sets]).astype(np.float64),
        tuple(control.name for control in world.controls),
        None,
        CanonicalFrames(*sets),
        probe_and_test_blocks(probe, test),
    )


def named_world(name: str, settings: dict[str, Any]) -> World:
    """Return the world of this name, or of this path, with these settings; raises UnknownName and InvalidValue."""
    kind, implied = WORLDS.resolved(name)
    try:
        return WORLDS[kind].model_validate(implied | settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or name
        raise InvalidValue(f"world.{key}", first.get("input"), f"what {name} takes: {first['msg']}") from error
