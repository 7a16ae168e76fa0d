"""Carries out one task of a study in a process that knows nothing else of it, on whatever machine that is."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from worldprobe import errors
from worldprobe._util.progress import SilentReporter
from worldprobe.datasets import Store
from worldprobe.plugins import include, included
from worldprobe.study.carry_out import opened, run_group
from worldprobe.study.claims import claimed
from worldprobe.study.engines.task_reports import Made, TaskRefused
from worldprobe.study.explorations import explore
from worldprobe.study.resources import Resources
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.task_graph import StudyTask, TaskKind

WAIT_SECONDS = 1.0
"""Between two looks at whether another process still has a group of runs."""


@dataclass(frozen=True)
class Job:
    """What a worker has to know of a study, as text: its settings, its folders, where components come from."""

    study: str
    folder: str
    store: str
    include: tuple[str, ...]
    device: str

    @staticmethod
    def of(resources: Resources) -> Job:
        """Return the job of a study that is being executed."""
        return Job(
            resources.plan.study.model_dump_json(),
            str(resources.folder.root.resolve()),
            str(resources.store.root.resolve()),
            tuple(str(file) for file in included()),
            resources.device.type,
        )


def carry_out_task(job: Job, task: StudyTask, *needed: Made | TaskRefused) -> Made | TaskRefused:
    """Make what a task makes, where it is not there yet; `needed` is what its data sets reported.

    A process that carries out several tasks of one job plans it once.
    """
    for other in needed:
        if isinstance(other, TaskRefused):
            return other
    start = time.perf_counter()
    try:
        resources = _open.resources(job)
        if task.kind is TaskKind.FRAMES:
            assert task.read is not None
            spec = task.read.spec(resources.variants)
            resources.store.ensure(spec)
            return Made(time.perf_counter() - start, spec.key, spec.frames)
        if task.kind is TaskKind.EXPLORATION:
            _explore(resources, task.ids[0])
        else:
            for made in needed[: task.charged]:
                assert isinstance(made, Made)
                resources.clock.spent(made.key, made.seconds)
            _run(resources, task.ids)
        return Made(time.perf_counter() - start)
    except errors.WorldprobeError as error:
        return TaskRefused(type(error).__name__, str(error))


def _explore(resources: Resources, wanted: str) -> None:
    (cell,) = (cell for cell in resources.plan.explorations if cell.id == wanted)
    if resources.folder.finished_exploration(wanted) is None:
        explore(resources, cell)


def _run(resources: Resources, ids: tuple[str, ...]) -> None:
    """Make the runs of a group, or wait until the process that has them, perhaps of another study's call, is done."""
    (group,) = (group for group in resources.plan.groups if tuple(cell.id for cell in group) == ids)
    while True:
        with claimed(resources.folder, group) as mine:
            if mine:
                run_group(resources, group)
                return
        time.sleep(WAIT_SECONDS)


class _Open:
    """The study that this process works for, kept open between two tasks."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._resources: Resources | None = None
        self._stack = ExitStack()

    def resources(self, job: Job) -> Resources:
        """Return what the cells of a job's study share; another study's is closed."""
        if self._resources is None or job != self._job:
            self._stack.close()
            for file in job.include:
                include(file)
            plan = plan_study(Study.model_validate_json(job.study), job.device)
            folder, store = StudyFolder(Path(job.folder)), Store(Path(job.store))
            self._resources = self._stack.enter_context(opened(plan, folder, store, SilentReporter()))
            self._job = job
        return self._resources


_open = _Open()
