"""Whether the disk holds all frames of a study, found out before the first of them is drawn."""

from __future__ import annotations

import shutil

from worldprobe._util.files import existing
from worldprobe.datasets import Store
from worldprobe.datasets.store import SPARE_BYTES, size
from worldprobe.errors import NotEnoughRoom
from worldprobe.study.frames_read import read_by_run
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan


def check_disk(plan: StudyPlan, folder: StudyFolder, store: Store) -> None:
    """Raise NotEnoughRoom where the frames of the runs that are not finished do not fit on the store's disk.

    What all of them take is compared first, which costs nothing; only where that is too much, or recordings say for
    themselves how many frames they have, are the data sets looked up that are there already.
    """
    variants = plan.variants
    runs = [cell for cell in plan.runs if folder.finished_run(cell.id) is None]
    each_read = (each for cell in runs for each in read_by_run(variants.at(cell.axes), cell))
    read = {each.key(variants): each for each in each_read}.values()
    free = shutil.disk_usage(existing(store.root)).free - SPARE_BYTES
    if all(each.frames is not None for each in read) and sum(each.bytes(variants) for each in read) <= free:
        return
    specs = {spec.key: spec for spec in (each.spec(variants) for each in read)}.values()
    need = sum(store.missing(spec) * spec.frame_bytes for spec in specs)
    if need > free:
        raise NotEnoughRoom(
            f"The study's frames need {size(need)} more in {store.root}, where {size(max(free, 0))} are free. Ask for "
            "fewer frames, seeds or regimes, or for a smaller world.size; free some space; or set WORLDPROBE_CACHE to "
            "a folder on another disk."
        )
