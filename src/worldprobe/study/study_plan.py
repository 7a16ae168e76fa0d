"""What a study consists of: its runs in groups that train at once, its explorations, the frames that both need."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from worldprobe.errors import InvalidValue
from worldprobe.study.axes import Point
from worldprobe.study.cells import Cell, ExplorationCell, cells, explorations
from worldprobe.study.preflight import check_frames, preflight
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.training_groups import Variants, stacks


@dataclass(frozen=True)
class StudyPlan:
    """Everything that a study will do, whether or not some of it is finished already.

    `groups` holds the same cells as `runs`, those that train as one stack together, in the order of execution.
    """

    study: Study
    variants: Variants
    device: torch.device
    runs: list[Cell]
    groups: list[list[Cell]]
    explorations: list[ExplorationCell]

    @property
    def points(self) -> list[Point]:
        """The point of every run and exploration."""
        return [*(cell.axes for cell in self.runs), *(cell.axes for cell in self.explorations)]


def plan_study(study: Study, device: str | torch.device = "auto") -> StudyPlan:
    """Return the plan of a study on a device; nothing is written. Raises InvalidValue for one that is not here.

    A torch device is taken as it is: it may be another machine's.
    """
    where = pick_device(device) if isinstance(device, str) else device
    variants, runs = Variants(study), cells(study)
    return StudyPlan(study, variants, where, runs, stacks(runs, variants, where.type), explorations(study))


def check_plan(plan: StudyPlan, folder: StudyFolder) -> None:
    """Raise WorldprobeErrors for what cannot be done on this machine, at any point of the axes (see `preflight`)."""
    preflight((plan.variants.at(point) for point in plan.points), folder.root)
    if any(folder.finished_run(cell.id) is None for cell in plan.runs):
        check_frames(plan.variants.at(point) for point in plan.points)


def pick_device(name: str) -> torch.device:
    """Return the torch device; "auto" is a GPU where there is one. Raises InvalidValue."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InvalidValue("device", name, "auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InvalidValue("device", name, "cpu on this machine: torch sees no GPU")
    if device.type not in ("cpu", "cuda"):
        raise InvalidValue("device", name, "auto, cpu or cuda")
    return device
