"""The data sets that runs and explorations read, named without drawing them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from worldprobe.datasets import DatasetSpec, specify
from worldprobe.sources import Split
from worldprobe.study.axes import Point
from worldprobe.study.cells import CANONICAL, Cell, ExplorationCell, RunRole
from worldprobe.study.preflight import frame_bytes
from worldprobe.study.schema import Study
from worldprobe.study.training_groups import Variants


@dataclass(frozen=True)
class FramesRead:
    """A data set at a point of a study: of a regime or recording, or the canonical one."""

    axes: Point
    label: str | None
    split: Split
    frames: int | None
    seed: int

    @property
    def title(self) -> str:
        """What it is called where its progress is shown."""
        return f"{self.label or 'canonical'} {self.split}"

    def key(self, variants: Variants) -> tuple[object, ...]:
        """Return what distinguishes it within one process, short of drawing it."""
        study = variants.at(self.axes)
        settings = "" if self.label is None else (study.sources or study.regimes)[self.label].model_dump_json()
        return id(study.world or study), prod(study.observation_shape), settings, self.split, self.frames, self.seed

    def spec(self, variants: Variants) -> DatasetSpec:
        """Return its specification, for which its controls are drawn."""
        study = variants.at(self.axes)
        source = study.test_source if self.label is None else study.source(self.label)
        return specify(source, self.split, self.frames, self.seed)

    def bytes(self, variants: Variants) -> int:
        """Return the bytes of its frames; 0 where a recording says for itself how many it has."""
        return (self.frames or 0) * frame_bytes(variants.at(self.axes))


def read_by_run(study: Study, cell: Cell) -> Iterable[FramesRead]:
    """Give what a run reads."""
    seed, axes = study.canonical_seed, cell.axes
    yield FramesRead(axes, None, "probe", study.probe_frames, seed)
    yield FramesRead(axes, None, "test", study.test_frames, seed)
    if cell.role is RunRole.PIXELS:
        yield FramesRead(axes, None, "probe", study.pixel_frames, seed)
    if cell.regime != CANONICAL:
        yield FramesRead(axes, cell.regime, "heldout", study.heldout_frames, cell.seed)
        if not study.afresh:
            yield FramesRead(axes, cell.regime, "train", study.frames, cell.seed)


def read_by_exploration(study: Study, cell: ExplorationCell) -> Iterable[FramesRead]:
    """Give what the description of an exploration reads."""
    yield FramesRead(cell.axes, None, "test", study.test_frames, study.canonical_seed)
    if study.afresh:
        yield FramesRead(cell.axes, cell.regime, "heldout", study.heldout_frames, study.seeds[0])
    else:
        yield FramesRead(cell.axes, cell.regime, "train", study.frames, study.seeds[0])


def frames_of(runs: Iterable[Cell], variants: Variants) -> int:
    """Return how many stored observations some runs read, each data set counted once."""
    reads = (each for cell in runs for each in read_by_run(variants.at(cell.axes), cell))
    return sum({each.key(variants): each.frames or 0 for each in reads}.values())
