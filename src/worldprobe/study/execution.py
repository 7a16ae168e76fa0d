"""Executes what is not finished of a plan on an engine, keeps account of it, and draws the hero still."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image

from worldprobe._util.files import atomic_write
from worldprobe._util.progress import Reporter
from worldprobe.datasets import Store
from worldprobe.errors import BlenderFailed, InvalidValue, MissingDependency
from worldprobe.results import ControlRecord, ExecutionRecord
from worldprobe.study.carry_out import opened, run_group
from worldprobe.study.claims import claimed
from worldprobe.study.engines.engine import Engine
from worldprobe.study.folder_history import history
from worldprobe.study.machine import machine, peak_memory_bytes, versions
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan


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
    with opened(plan, folder, store, reporter) as resources:
        for group in plan.groups[share.number - 1 :: share.of]:
            with claimed(folder, group) as mine:
                if mine:
                    run_group(resources, group)


def execute(
    plan: StudyPlan,
    folder: StudyFolder,
    store: Store,
    reporter: Reporter,
    *,
    engine: Engine,
    command: str = "",
    finished: Callable[[], None] = lambda: None,
) -> None:
    """Explore, train and measure what is missing in a claimed folder, and call `finished` whenever runs are finished.

    Where the work is done is the engine's to decide; what it gives does not depend on that.
    Every run and exploration appears in the folder whole or not at all; what was planned and spent so far is in
    `execution.json` whenever `finished` is called.
    """
    with opened(plan, folder, store, reporter) as resources:
        book = _Bookkeeping(plan, folder, command)
        for _ in engine.carry_out(resources):
            book.write()
            finished()
        _hero(plan, folder, reporter)
        book.write()
        with suppress(OSError):  # another process's claims are in it
            folder.claims.rmdir()


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
