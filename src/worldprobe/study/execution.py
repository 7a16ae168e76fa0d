"""Executes what is not finished of a plan: explorations, then runs in groups, then the hero still.

Explorations come first, so that a folder whose runs are half-finished has frames, predictions and causes to report.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from PIL import Image

from worldprobe._util.files import atomic_write
from worldprobe._util.progress import Reporter
from worldprobe.datasets import Store
from worldprobe.errors import BlenderFailed, InvalidValue, MissingDependency
from worldprobe.results import ControlRecord, ExecutionRecord, Run
from worldprobe.study.cells import Cell
from worldprobe.study.claims import claimed
from worldprobe.study.explorations import explore
from worldprobe.study.folder_history import history
from worldprobe.study.machine import machine, peak_memory_bytes, versions
from worldprobe.study.resources import Resources
from worldprobe.study.score_run import score_run
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan
from worldprobe.study.study_progress import StudyProgress
from worldprobe.study.train_group import checkpoints_of, train_group
from worldprobe.study.worker_process import beside, processes_for

WAIT_SECONDS = 0.3
"""Between two looks at what other processes have finished."""


@dataclass(frozen=True)
class Share:
    """The `number`-th of `of` equal shares of a study's groups of runs, counted from 1."""

    number: int
    of: int

    @staticmethod
    def parse(text: str) -> Share:
        """Return the share that "3/16" names; raises InvalidValue."""
        number, slash, of = text.partition("/")
        if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
            return Share(int(number), int(of))
        raise InvalidValue("--cells", text, "I/K, the I-th of K shares of the runs: 3/16")


def execute_share(plan: StudyPlan, folder: StudyFolder, store: Store, reporter: Reporter, share: Share) -> None:
    """Train and measure what is missing of one share of the runs; explorations and conclusions are left to `execute`.

    Other processes, on this machine or others, may execute other shares in the same folder at the same time.
    """
    with ExitStack() as opened:
        resources = _opened(plan, folder, store, reporter, opened)
        for group in plan.groups[share.number - 1 :: share.of]:
            with claimed(folder, group) as mine:
                if mine:
                    _run(resources, group)


def execute(
    plan: StudyPlan,
    folder: StudyFolder,
    store: Store,
    reporter: Reporter,
    *,
    command: str = "",
    processes: int | None = 1,
    finished: Callable[[], None] = lambda: None,
) -> None:
    """Explore, train and measure what is missing in a claimed folder, and call `finished` after every group of runs.

    Runs are trained in `processes` processes, in as many as this machine has cores and memory for where it is None;
    what they give does not depend on how many there are.
    Every run and exploration appears in the folder whole or not at all; what was planned and spent so far is in
    `execution.json` whenever `finished` is called.
    """
    with ExitStack() as opened:
        book = _Bookkeeping(plan, folder, command)
        resources = _opened(plan, folder, store, reporter, opened)
        count = processes_for(plan, folder) if processes is None else processes
        resources.progress.processes = count
        before = {cell.id for cell in plan.runs if folder.finished_run(cell.id) is not None}
        opened.enter_context(beside(plan, folder, store, count - 1))
        for cell in plan.explorations:
            if folder.finished_exploration(cell.id) is None:
                with resources.progress.exploration(cell):
                    explore(resources, cell)
        for _ in _groups_in_turn(resources, plan, before):
            book.write()
            finished()
        _hero(plan, folder, reporter)
        book.write()
        with suppress(OSError):  # another process's claims are in it
            folder.claims.rmdir()


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
                if not _run(resources, group):
                    _found(resources, [cell for cell in group if cell.id not in before])
            yield group
        if len(left) == len(pending):
            resources.progress.waiting(sum(map(len, left)))
            time.sleep(WAIT_SECONDS)
        pending = left


def _found(resources: Resources, cells: Sequence[Cell]) -> None:
    """Say what another process has made."""
    resources.progress.made_elsewhere(cells)
    for cell in cells:
        run = resources.folder.finished_run(cell.id)
        if run is not None:
            resources.reporter.say(_outcome(run))


def _outcome(run: Run) -> str:
    return f"{run.id}: R² {run.recovery.r2:.3f}"


def _opened(plan: StudyPlan, folder: StudyFolder, store: Store, reporter: Reporter, opened: ExitStack) -> Resources:
    """Return what the cells share, its worlds open until `opened` closes."""
    for world in plan.variants.worlds:
        opened.enter_context(world)
    progress = opened.enter_context(StudyProgress.of(plan, folder, reporter))
    return Resources(plan, folder, store, reporter, progress)


class _Bookkeeping:
    """Writes what was planned and what it cost so far."""

    def __init__(self, plan: StudyPlan, folder: StudyFolder, command: str) -> None:
        self._plan, self._folder, self._start = plan, folder, time.perf_counter()
        self._before = history(folder, versions())
        self._command = command or self._before.command

    def write(self) -> None:
        """Write the folder's execution record."""
        plan = self._plan
        record = ExecutionRecord(
            runs=[cell.id for cell in plan.runs],
            explorations=[cell.id for cell in plan.explorations],
            controls=[ControlRecord.model_validate(spec.described()) for spec in plan.study.controls],
            command=self._command,
            machine=machine(plan.device),
            versions=versions(),
            seconds_total=time.perf_counter() - self._start + self._before.seconds_total,
            peak_memory_bytes=max(peak_memory_bytes(), self._before.peak_memory_bytes),
            data_warnings=plan.study.data_warnings,
        )
        self._folder.save_execution(record)


def _run(resources: Resources, group: Sequence[Cell]) -> bool:
    """Train and measure the cells of a group that are not finished, and return whether there were any."""
    missing = [cell for cell in group if resources.folder.finished_run(cell.id) is None]
    if not missing:
        return False
    with resources.progress.group(missing), resources.clock.charge() as rendered:
        readers = train_group(resources, group)
        render = rendered.seconds / len(group)
        for cell, reader in zip(group, readers, strict=True):
            if cell in missing:
                run = score_run(resources, cell, reader, render)
                resources.reporter.say(_outcome(run))
    for checkpoint in checkpoints_of(resources, group):
        checkpoint.unlink()
    resources.forget_pairs()
    return True


def _hero(plan: StudyPlan, folder: StudyFolder, reporter: Reporter) -> None:
    """Draw the world at its best, where it can and has not been drawn yet."""
    if folder.hero.exists() or plan.study.world is None:
        return
    with reporter.task("hero still", 1, "still") as advance:
        try:
            still = plan.study.world.hero()
        except (MissingDependency, BlenderFailed) as error:
            reporter.say(f"The report goes without its hero still: {error}")
            return
        if still is not None:
            with atomic_write(folder.hero) as aside:
                Image.fromarray(still).save(aside, format="PNG")
        advance(1)
