"""Opens what the work of a study needs, and carries out one group of runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from worldprobe._util.progress import Reporter
from worldprobe.datasets import Store
from worldprobe.results import Run
from worldprobe.study.cells import Cell
from worldprobe.study.resources import Resources
from worldprobe.study.score_run import score_run
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan
from worldprobe.study.study_progress import StudyProgress
from worldprobe.study.train_group import checkpoints_of, train_group


@contextmanager
def opened(plan: StudyPlan, folder: StudyFolder, store: Store, reporter: Reporter) -> Iterator[Resources]:
    """Give what the cells share; its worlds are open until the context closes."""
    with ExitStack() as stack:
        for world in plan.variants.worlds:
            stack.enter_context(world)
        progress = stack.enter_context(StudyProgress.of(plan, folder, reporter))
        yield Resources(plan, folder, store, reporter, progress)


def run_group(resources: Resources, group: Sequence[Cell]) -> bool:
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
                resources.reporter.say(outcome(run))
    for checkpoint in checkpoints_of(resources, group):
        checkpoint.unlink()
    resources.forget_pairs()
    return True


def found_elsewhere(resources: Resources, cells: Sequence[Cell]) -> None:
    """Say what another process has made of some runs."""
    runs = [run for cell in cells if (run := resources.folder.finished_run(cell.id)) is not None]
    resources.progress.made_elsewhere(cells, runs)
    for run in runs:
        resources.reporter.say(outcome(run))


def outcome(run: Run) -> str:
    """Return the line that says how a run ended."""
    return f"{run.id}: R² {run.recovery.r2:.3f}"
