"""The work of a study as tasks: data sets, then the explorations and groups of runs that read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from worldprobe.study.cells import Cell
from worldprobe.study.frames_read import FramesRead, read_by_exploration, read_by_run
from worldprobe.study.preflight import memory_need
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan


class TaskKind(StrEnum):
    """What a task makes."""

    FRAMES = "frames"
    EXPLORATION = "exploration"
    RUNS = "runs"
    AUDIT = "audit"
    VIEWS = "views"


@dataclass(frozen=True)
class Takes:
    """What a task takes of the machine that carries it out; memory in bytes."""

    cores: int = 1
    gpus: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class StudyTask:
    """One piece of work: what it makes, the tasks that come before it, and what it takes of a machine.

    `needs` are positions in the list of tasks, of data sets only; the first `charged` of them are charged to its runs.
    """

    kind: TaskKind
    name: str
    ids: tuple[str, ...] = ()
    read: FramesRead | None = None
    needs: tuple[int, ...] = ()
    charged: int = 0
    takes: Takes = Takes()


def tasks_of(plan: StudyPlan, folder: StudyFolder, gpu_share: float = 1.0) -> list[StudyTask]:
    """Return what is not finished of a plan as tasks, each after those that it needs.

    What a task is does not depend on where it is carried out, and it makes the same files everywhere.
    """
    return _Graph(plan, folder, gpu_share).tasks


class _Graph:
    def __init__(self, plan: StudyPlan, folder: StudyFolder, gpu_share: float) -> None:
        self.tasks: list[StudyTask] = []
        self._plan = plan
        self._places: dict[tuple[object, ...], int] = {}
        self._charged: set[int] = set()
        self._memory: dict[int, int] = {}
        for cell in plan.explorations:
            if folder.finished_exploration(cell.id) is None:
                study = plan.variants.at(cell.axes)
                needs = self._places_of(read_by_exploration(study, cell))
                self._add(StudyTask(TaskKind.EXPLORATION, cell.id, (cell.id,), needs=needs, takes=self._takes([study])))
        gpus = gpu_share if plan.device.type == "cuda" else 0.0
        for group in plan.groups:
            if any(folder.finished_run(cell.id) is None for cell in group):
                self._add_group(group, gpus)

    def _add_group(self, group: Sequence[Cell], gpus: float) -> None:
        studies = [self._plan.variants.at(cell.axes) for cell in group]
        pairs = zip(studies, group, strict=True)
        needs = self._places_of(read for study, cell in pairs for read in read_by_run(study, cell))
        first = tuple(place for place in needs if place not in self._charged)
        self._charged.update(first)
        others = tuple(place for place in needs if place not in first)
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        ids = tuple(cell.id for cell in group)
        takes = self._takes(studies, gpus)
        self._add(StudyTask(TaskKind.RUNS, f"{ids[0]}{more}", ids, None, first + others, len(first), takes))

    def _places_of(self, reads: Iterable[FramesRead]) -> tuple[int, ...]:
        """Return the places of the tasks that make some data sets, which are added where they are not there yet."""
        return tuple(dict.fromkeys(map(self._place_of, reads)))

    def _place_of(self, read: FramesRead) -> int:
        key = read.key(self._plan.variants)
        if key not in self._places:
            takes = self._takes([self._plan.variants.at(read.axes)])
            self._places[key] = self._add(StudyTask(TaskKind.FRAMES, read.title, read=read, takes=takes))
        return self._places[key]

    def _add(self, task: StudyTask) -> int:
        self.tasks.append(task)
        return len(self.tasks) - 1

    def _takes(self, studies: Sequence[Study], gpus: float = 0.0) -> Takes:
        for study in studies:
            if id(study) not in self._memory:
                self._memory[id(study)] = memory_need(study)
        memory = max(self._memory[id(study)] for study in studies)
        return Takes(self._plan.study.training.threads, gpus, memory)
