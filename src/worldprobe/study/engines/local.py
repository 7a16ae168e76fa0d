"""Executes a plan in one or several processes of this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from types import TracebackType

import torch

from worldprobe.datasets import Store
from worldprobe.study.carry_out import found_elsewhere, run_group
from worldprobe.study.cells import Cell
from worldprobe.study.claims import claimed
from worldprobe.study.explorations import explore
from worldprobe.study.resources import Resources
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan, pick_device
from worldprobe.study.worker_process import beside, processes_for

WAIT_SECONDS = 0.3
"""Between two looks at what other processes have finished."""


class LocalEngine:
    """Runs are trained in `processes` processes, in as many as cores and memory allow where it is None.

    Explorations come first, so that a folder whose runs are half-finished has frames, predictions and causes to report.
    """

    def __init__(self, processes: int | None = 1) -> None:
        self.processes = processes

    def __enter__(self) -> LocalEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is held between two studies."""

    def device(self, name: str) -> torch.device:
        """Return this machine's device; raises InvalidValue for one that is not here."""
        return pick_device(name)

    def check(self, plan: StudyPlan, folder: StudyFolder, store: Store) -> None:
        """What this machine can do is checked for every engine."""

    def carry_out(self, resources: Resources) -> Iterator[None]:
        """Explore, train and measure what is missing, and give control back after every group of runs."""
        plan, folder = resources.plan, resources.folder
        count = processes_for(plan, folder) if self.processes is None else self.processes
        resources.progress.processes = count
        before = {cell.id for cell in plan.runs if folder.finished_run(cell.id) is not None}
        with beside(plan, folder, resources.store, count - 1):
            for cell in plan.explorations:
                if folder.finished_exploration(cell.id) is None:
                    with resources.progress.exploration(cell):
                        explore(resources, cell)
            for _ in _groups_in_turn(resources, plan, before):
                yield


def _groups_in_turn(resources: Resources, plan: StudyPlan, before: set[str]) -> Iterator[Sequence[Cell]]:
    """Run every group that no other process has, wait for the others, and give each that was not finished `before`.

    A process that dies leaves its claims: its runs are then made here, from their checkpoints.
    """
    pending = [group for group in plan.groups if any(cell.id not in before for cell in group)]
    while pending:
        left = []
        for group in pending:
            with claimed(resources.folder, group) as mine:
                if not mine:
                    left.append(group)
                    continue
                if not run_group(resources, group):
                    found_elsewhere(resources, [cell for cell in group if cell.id not in before])
            yield group
        if len(left) == len(pending):
            resources.progress.waiting(sum(map(len, left)))
            time.sleep(WAIT_SECONDS)
        pending = left
