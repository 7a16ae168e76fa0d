"""Whether the disks hold the whole study, found out before the first frame is drawn: frames, weights and results."""

from __future__ import annotations

import shutil
from pathlib import Path

from worldprobe._util.files import existing
from worldprobe.datasets import Store
from worldprobe.datasets.store import SPARE_BYTES, size
from worldprobe.errors import NotEnoughRoom
from worldprobe.study.cells import Cell, RunRole
from worldprobe.study.contact_sheets import SHOWN_SIZE
from worldprobe.study.explorations import SHOWN_CONTROLS, SHOWN_FRAMES, TRUE_FRAMES
from worldprobe.study.frames_read import read_by_run
from worldprobe.study.network_size import parameter_count
from worldprobe.study.preflight import frame_bytes
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan

WEIGHT_BYTES = 4
STATE_BYTES = 12
"""Of a weight in a checkpoint: itself and AdamW's two moments."""
RECORD_BYTES = 256 << 10
"""Of a run's numbers and training curves, and of a predictor that is trained with its encoder."""
REPORT_BYTES = 16 << 20
"""Of the report with its pictures, the summary and the still."""


def check_disk(plan: StudyPlan, folder: StudyFolder, store: Store) -> None:
    """Raise NotEnoughRoom where what is not finished of a study does not fit on the disks of its folder and store.

    What all frames take is compared first, which costs nothing; only where that is too much, or recordings say for
    themselves how many frames they have, are the data sets looked up that are there already.
    """
    results = result_bytes(plan, folder)
    free = _free(folder.root)
    if results > free:
        raise NotEnoughRoom(
            f"The study's weights and results need {size(results)} in {folder.root}, where {size(max(free, 0))} are "
            "free. Give --out a folder on another disk; free some space; or ask for fewer seeds, regimes or points of "
            "the axes, or for a smaller encoder."
        )
    if _disk(folder.root) == _disk(store.root):
        _check_frames(plan, folder, store, free - results, f", after the {size(results)} of its weights and results")
    else:
        _check_frames(plan, folder, store, _free(store.root), "")


def result_bytes(plan: StudyPlan, folder: StudyFolder) -> int:
    """Return an upper limit of what the runs and explorations that are not finished write, in bytes.

    Of checkpoints, which are removed when their group is finished, it counts those of the largest group, in two copies:
    one is replaced by another that is written first. Arrays and pictures are counted as if nothing compressed them.
    """
    weights: dict[int, int] = {}

    def weights_of(cell: Cell) -> int:
        if cell.role not in (RunRole.MEASURED, RunRole.CEILING):
            return 0
        study = plan.variants.at(cell.axes)
        if id(study) not in weights:
            weights[id(study)] = parameter_count(study.encoder, study.observation_shape, study.dimensions)
        return weights[id(study)]

    groups = [[cell for cell in group if folder.finished_run(cell.id) is None] for group in plan.groups]
    runs = [cell for group in groups for cell in group]
    kept = sum(WEIGHT_BYTES * weights_of(cell) + _arrays(plan.variants.at(cell.axes)) + RECORD_BYTES for cell in runs)
    stacks = (sum(plan.variants.at(cell.axes).restarts * weights_of(cell) for cell in group) for group in groups)
    missing = [cell for cell in plan.explorations if folder.finished_exploration(cell.id) is None]
    explored = sum(_exploration(plan.variants.at(cell.axes)) for cell in missing)
    report = REPORT_BYTES if runs or missing else 0
    return kept + 2 * STATE_BYTES * max(stacks, default=0) + explored + report


def _arrays(study: Study) -> int:
    """Return the bytes of the true and the recovered controls of a run: float64 and float32."""
    return study.test_frames * len(study.controls) * (8 + 4)


def _exploration(study: Study) -> int:
    """Return the bytes of the controls that an exploration visited, and of the frames that show it."""
    pictures = 0
    if len(study.observation_shape) == 3:
        own = frame_bytes(study)
        pictures = SHOWN_FRAMES * max(3 * SHOWN_SIZE**2, own) + TRUE_FRAMES * own
    return SHOWN_CONTROLS * len(study.controls) * 8 + pictures + RECORD_BYTES


def _check_frames(plan: StudyPlan, folder: StudyFolder, store: Store, free: int, besides: str) -> None:
    variants = plan.variants
    runs = [cell for cell in plan.runs if folder.finished_run(cell.id) is None]
    each_read = (each for cell in runs for each in read_by_run(variants.at(cell.axes), cell))
    read = {each.key(variants): each for each in each_read}.values()
    if all(each.frames is not None for each in read) and sum(each.bytes(variants) for each in read) <= free:
        return
    specs = {spec.key: spec for spec in (each.spec(variants) for each in read)}.values()
    need = sum(store.missing(spec) * spec.frame_bytes for spec in specs)
    if need > free:
        raise NotEnoughRoom(
            f"The study's frames need {size(need)} more in {store.root}, where {size(max(free, 0))} are free{besides}. "
            "Ask for fewer frames, seeds or regimes, or for a smaller world.size; free some space; or set "
            "WORLDPROBE_CACHE to a folder on another disk."
        )


def _free(folder: Path) -> int:
    """Return the bytes that a study may use on a folder's disk."""
    return shutil.disk_usage(existing(folder)).free - SPARE_BYTES


def _disk(folder: Path) -> int:
    return existing(folder).stat().st_dev
