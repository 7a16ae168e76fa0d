"""What must be known before any number of a report is read: a smoke run, missing runs, warnings about the data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from markupsafe import Markup

from worldprobe.reports.html_blocks import note
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import number
from worldprobe.results import ExecutionRecord, Kind, read_record
from worldprobe.results.reading import AGAIN, explored_by

MOST_LISTED = 8


def is_smoke(folder: ResultsFolder) -> bool:
    """Whether the study's budget is only enough to try the program out: no verdict follows from its numbers."""
    return bool(folder.results.study.get("smoke"))


def banner(folder: ResultsFolder) -> Markup:
    """Return what takes the headline's place in a report of a smoke run."""
    steps = max((run.training.steps for run in folder.results.runs if run.training), default=None)
    budget = "A smoke run" if steps is None else f"{number(steps)} steps"
    text = Markup(
        '<div class="banner"><b>{}: the numbers mean nothing.</b> This run only shows that everything works. Run the '
        "study with a larger preset for an answer.</div>"
    )
    return text.format(budget)


def caveats(folder: ResultsFolder) -> Iterator[Markup]:
    """Return a note on everything that a reader must know first."""
    if missing := unfinished(folder):
        yield _listed("This study is not finished. Still missing:", missing)
    if folder.results.data_warnings:
        yield _listed("About the data:", folder.results.data_warnings)


def unfinished(folder: ResultsFolder) -> list[str]:
    """Return the runs and explorations that were planned and are not there."""
    file = folder.path / "execution.json"
    if not file.is_file():
        return [] if (folder.path / "results.json").is_file() else _unplanned(folder)
    planned = read_record(file, Kind.EXECUTION, ExecutionRecord, mend=f"Remove it. {AGAIN}")
    runs, visits = {run.id for run in folder.results.runs}, {e.id for e in folder.results.explorations}
    lacking = [f"the run {name}" for name in planned.runs if name not in runs]
    return lacking + [f"the frames and the prediction of {name}" for name in planned.explorations if name not in visits]


def _unplanned(folder: ResultsFolder) -> list[str]:
    """Return what the settings of a study ask for and its folder lacks, where no record of the plan was kept."""
    study, runs = folder.results.study, folder.results.runs
    done = {(run.regime, run.objective, run.seed) for run in runs}
    wanted = product(explored_by(study), study.get("objectives") or (), study.get("seeds") or ())
    lacking = [f"the run {cell[0]}, {cell[1]}, seed {cell[2]}" for cell in wanted if cell not in done]
    roles, given = {run.role for run in runs}, study.get("references") or {}
    asked = {"ceiling": "supervised_on", "floor": "untrained", "pixels": "pixels"}
    lacking += [f"the reference {name}" for role, name in asked.items() if given.get(name) and role not in roles]
    return [*lacking, "results.json, and with it the decomposition and the outcomes of hypotheses"]


def _listed(title: str, items: list[str]) -> Markup:
    more = [f"and {len(items) - MOST_LISTED} more"] if len(items) > MOST_LISTED else []
    return note(title, "list", [*items[:MOST_LISTED], *more])
