"""What is done of a whole study, what is being done, and about how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from worldprobe._util.progress import Overall, Reporter, TaskAdvance
from worldprobe.results import Run
from worldprobe.study.cells import Cell, ExplorationCell, RunRole
from worldprobe.study.frames_read import frames_of
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan

GUESSES = {"frames": 1 / 1500, "steps": 0.05, "runs": 1.0, "explorations": 15.0}
"""Seconds per unit of each kind of work, until one was measured: rendering, training, measuring, predicting."""


@dataclass
class Workload:
    """How much work of each kind a study is, and how long what is done of it took."""

    planned: dict[str, float] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def plan(self, kind: str, amount: float) -> None:
        """Add work to be done; a negative amount turned out not to be needed."""
        self.planned[kind] = self.planned.get(kind, 0.0) + amount

    def spend(self, kind: str, amount: float, seconds: float) -> None:
        """Note that so much of the planned work took so long."""
        self.done[kind] = self.done.get(kind, 0.0) + amount
        self.seconds[kind] = self.seconds.get(kind, 0.0) + seconds

    @property
    def seconds_spent(self) -> float:
        """The seconds of all that is done."""
        return sum(self.seconds.values())

    @property
    def seconds_left(self) -> float:
        """The seconds of the rest, at the measured pace of each kind, or at a guessed one."""
        left = {kind: max(0.0, amount - self.done.get(kind, 0.0)) for kind, amount in self.planned.items()}
        return sum(amount * self._pace(kind) for kind, amount in left.items())

    def _pace(self, kind: str) -> float:
        done = self.done.get(kind, 0.0)
        return self.seconds[kind] / done if done else GUESSES[kind]


class StudyProgress:
    """Shows "run 3 of 6" with the time left in total, above the progress of the work that goes on."""

    def __init__(self, plan: StudyPlan, folder: StudyFolder, reporter: Reporter, show: Overall) -> None:
        self._plan, self._reporter, self._show = plan, reporter, show
        kept = {cell.id: run for cell in plan.runs if (run := folder.finished_run(cell.id)) is not None}
        explored = sum(folder.finished_exploration(cell.id) is not None for cell in plan.explorations)
        self._work = _workload(plan, kept, len(plan.explorations) - explored)
        self._runs_done, self._explorations_done = len(kept), explored
        self._datasets: set[str] = set()
        self._text = ""
        self.processes = 1

    @staticmethod
    @contextmanager
    def of(plan: StudyPlan, folder: StudyFolder, reporter: Reporter) -> Iterator[StudyProgress]:
        """Show the progress of a plan while the context is open; what the folder holds already counts as done."""
        with reporter.overall() as show:
            yield StudyProgress(plan, folder, reporter, show)

    @contextmanager
    def group(self, group: Sequence[Cell]) -> Iterator[None]:
        """Show that some runs are being trained and measured."""
        first, last, total = self._runs_done + 1, self._runs_done + len(group), len(self._plan.runs)
        which = f"run {first} of {total}" if len(group) == 1 else f"runs {first} to {last} of {total}"
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        self._update(f"{which}: {group[0].id}{more}")
        spent, start = self._work.seconds_spent, time.perf_counter()
        yield
        # What was neither rendering nor training was measuring.
        others = self._work.seconds_spent - spent
        self._work.spend("runs", len(group), max(0.0, time.perf_counter() - start - others))
        self._runs_done += len(group)
        self._update()

    @contextmanager
    def training(self, steps: int, members: int) -> Iterator[TaskAdvance]:
        """Show the steps of a stack of so many encoders."""
        with self._reporter.task("training", steps, "steps") as advance:
            yield _Steps(advance, self, members)

    @contextmanager
    def exploration(self, cell: ExplorationCell) -> Iterator[None]:
        """Show that an exploration is being described and its ideal encoder predicted."""
        number, total = self._explorations_done + 1, len(self._plan.explorations)
        self._update(f"exploration {number} of {total}: {cell.id}")
        spent, start = self._work.seconds_spent, time.perf_counter()
        yield
        # What was not rendering was describing and predicting.
        others = self._work.seconds_spent - spent
        self._work.spend("explorations", 1, max(0.0, time.perf_counter() - start - others))
        self._explorations_done += 1
        self._update()

    def made_elsewhere(self, group: Sequence[Cell], runs: Sequence[Run] = ()) -> None:
        """Note that another process finished some runs; how long it took tells how long others will take."""
        known = {run.id: run.seconds for run in runs}
        for cell in group:
            steps, seconds = training_steps(self._plan, cell), known.get(cell.id)
            if seconds is None:
                self._work.plan("steps", -steps)
                self._work.plan("runs", -1)
            else:
                self._work.spend("steps", steps, seconds.train)
                self._work.spend("runs", 1, seconds.measure)
        self._runs_done += len(group)
        self._update()

    def explored_elsewhere(self, seconds: float) -> None:
        """Note that another process described an exploration."""
        self._work.spend("explorations", 1, seconds)
        self._explorations_done += 1
        self._update()

    def working(self, places: str) -> None:
        """Show how many runs are finished while other processes, in the places that are named, make the rest."""
        self._update(f"{self._runs_done} of {len(self._plan.runs)} runs finished, {places}")

    def waiting(self, runs: int) -> None:
        """Show that only runs of other processes are left."""
        self._update(
            f"waiting for {runs} {'run' if runs == 1 else 'runs'} of {len(self._plan.runs)}, in other processes"
        )

    def frames(self, key: str, frames: int, seconds: float) -> None:
        """Note that a dataset was rendered, or read where it was there already."""
        if key not in self._datasets:
            self._datasets.add(key)
            self._work.spend("frames", frames, seconds)
            self._update()

    def steps(self, amount: int, seconds: float) -> None:
        """Note that encoders took so many steps."""
        self._work.spend("steps", amount, seconds)
        self._update()

    def skip_steps(self, amount: int) -> None:
        """Note that encoders had taken so many steps before this process began."""
        self._work.plan("steps", -amount)
        self._update()

    def _update(self, text: str | None = None) -> None:
        self._text = self._text if text is None else text
        spent, left = self._work.seconds_spent, self._work.seconds_left
        self._show(self._text, spent / max(spent + left, 1e-9), left / self.processes)


class _Steps:
    """Passes on the steps of a stack and times them."""

    def __init__(self, advance: TaskAdvance, progress: StudyProgress, members: int) -> None:
        self._advance, self._progress, self._members = advance, progress, members
        self._last = time.perf_counter()

    def __call__(self, amount: int, note: str = "") -> None:
        now = time.perf_counter()
        self._progress.steps(amount * self._members, now - self._last)
        self._last = now
        self._advance(amount, note)

    def skip(self, amount: int) -> None:
        self._progress.skip_steps(amount * self._members)
        self._advance.skip(amount)


def _workload(plan: StudyPlan, kept: Mapping[str, Run], explorations: int) -> Workload:
    """Return the work of a plan, of which the runs that are kept are done and so many explorations are not."""
    work = Workload()
    work.plan("frames", frames_of([cell for cell in plan.runs if cell.id not in kept], plan.variants))
    work.plan("explorations", explorations)
    for cell in plan.runs:
        steps = training_steps(plan, cell)
        work.plan("steps", steps)
        work.plan("runs", 1)
        if run := kept.get(cell.id):
            work.spend("steps", steps, run.seconds.train)
            work.spend("runs", 1, run.seconds.measure)
    return work


def training_steps(plan: StudyPlan, cell: Cell) -> int:
    """Return the steps that the encoders of a run take."""
    study = plan.variants.at(cell.axes)
    trained = cell.role in (RunRole.MEASURED, RunRole.CEILING)
    return study.training.steps * study.restarts if trained else 0
