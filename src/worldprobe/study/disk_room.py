"""Whether the disk holds all frames of a study, found out before the first of them is drawn."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path

from worldprobe.datasets import DatasetSpec, Store, specify
from worldprobe.datasets.store import SPARE_BYTES, size
from worldprobe.errors import NotEnoughRoom
from worldprobe.sources import Split
from worldprobe.study.cells import CANONICAL, Cell, RunRole
from worldprobe.study.preflight import frame_bytes
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan


@dataclass(frozen=True)
class _FramesRead:
    """A data set that a run reads: of a regime or recording, or the canonical one."""

    study: Study
    label: str | None
    split: Split
    frames: int | None
    seed: int

    @property
    def key(self) -> tuple[object, ...]:
        """What distinguishes it, short of drawing it."""
        study = self.study
        settings = "" if self.label is None else (study.sources or study.regimes)[self.label].model_dump_json()
        return id(study.world or study), prod(study.observation_shape), settings, self.split, self.frames, self.seed

    @property
    def spec(self) -> DatasetSpec:
        source = self.study.test_source if self.label is None else self.study.source(self.label)
        return specify(source, self.split, self.frames, self.seed)


def check_disk(plan: StudyPlan, folder: StudyFolder, store: Store) -> None:
    """Raise NotEnoughRoom where the frames of the runs that are not finished do not fit on the store's disk.

    What all of them take is compared first, which costs nothing; only where that is too much, or recordings say for
    themselves how many frames they have, are the data sets looked up that are there already.
    """
    runs = [cell for cell in plan.runs if folder.finished_run(cell.id) is None]
    read = {each.key: each for cell in runs for each in _read_by(plan.variants.at(cell.axes), cell)}.values()
    free = shutil.disk_usage(_existing(store.root)).free - SPARE_BYTES
    if all(each.frames is not None for each in read) and sum(map(_bytes, read)) <= free:
        return
    specs = {spec.key: spec for spec in (each.spec for each in read)}.values()
    need = sum(store.missing(spec) * spec.frame_bytes for spec in specs)
    if need > free:
        raise NotEnoughRoom(
            f"The study's frames need {size(need)} more in {store.root}, where {size(max(free, 0))} are free. Ask for "
            "fewer frames, seeds or regimes, or for a smaller world.size; free some space; or set WORLDPROBE_CACHE to "
            "a folder on another disk."
        )


def _read_by(study: Study, cell: Cell) -> Iterable[_FramesRead]:
    seed = study.canonical_seed
    yield _FramesRead(study, None, "probe", study.probe_frames, seed)
    yield _FramesRead(study, None, "test", study.test_frames, seed)
    if cell.role is RunRole.PIXELS:
        yield _FramesRead(study, None, "probe", study.pixel_frames, seed)
    if cell.regime != CANONICAL:
        yield _FramesRead(study, cell.regime, "heldout", study.heldout_frames, cell.seed)
        if not study.afresh:
            yield _FramesRead(study, cell.regime, "train", study.frames, cell.seed)


def _bytes(read: _FramesRead) -> int:
    return (read.frames or 0) * frame_bytes(read.study)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
