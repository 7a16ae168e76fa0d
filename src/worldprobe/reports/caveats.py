"""What must be known before any number of a report is read: a smoke run, missing runs, warnings about the data."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from worldprobe.reports.html_blocks import note
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import number

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
    if folder.unfinished:
        yield _listed("This study is not finished. Still missing:", folder.unfinished)
    if folder.results.data_warnings:
        yield _listed("About the data:", folder.results.data_warnings)


def _listed(title: str, items: list[str]) -> Markup:
    more = [f"and {len(items) - MOST_LISTED} more"] if len(items) > MOST_LISTED else []
    return note(title, "list", [*items[:MOST_LISTED], *more])
