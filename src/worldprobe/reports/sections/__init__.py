"""The sections of a report: functions from a results folder to a `Section`, and which of them a study gets."""

from collections.abc import Callable

from worldprobe.reports.audits import has_audit
from worldprobe.reports.blocks import Section
from worldprobe.reports.quoted import publication
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.audited import audited
from worldprobe.reports.sections.bounds import bounded, bounds
from worldprobe.reports.sections.concluded import claimed, concluded
from worldprobe.reports.sections.exploration import seen, visited
from worldprobe.reports.sections.missing import decomposed, missing
from worldprobe.reports.sections.plane import of_two_controls, planes
from worldprobe.reports.sections.planning import planning, plans
from worldprobe.reports.sections.published import published
from worldprobe.reports.sections.recovery import geometry, readings, recovered
from worldprobe.reports.sections.sweep import sweep
from worldprobe.reports.sections.training import training
from worldprobe.reports.sections.turning import turning, turns
from worldprobe.reports.sections.wandering import visited_along

MakeSection = Callable[[ResultsFolder], Section]
Holds = Callable[[ResultsFolder], bool]

STANDARD: tuple[MakeSection, ...] = (seen, recovered, readings, visited, training, geometry)
"""The sections of a study without axes, in order."""

FEW_SERIES = 6
"""Most series that are drawn control by control."""
MANY_BOUNDS = 6
"""Runs with a bound from which a picture says more than a table."""


def _always(folder: ResultsFolder) -> bool:
    return True


def _plain(folder: ResultsFolder) -> bool:
    return not folder.swept


def _swept(folder: ResultsFolder) -> bool:
    return folder.swept


def _has_sheets(folder: ResultsFolder) -> bool:
    return _plain(folder) or any(folder.contact_sheet(e).is_file() for e in folder.results.explorations)


def _by_control(folder: ResultsFolder) -> bool:
    same = len({tuple(s.summary.r2_per_control) for s in folder.series}) == 1
    return _plain(folder) or (len(folder.series) <= FEW_SERIES and same)


CHOICES: tuple[tuple[MakeSection, Holds], ...] = (
    (sweep, _swept),
    (planes, lambda folder: bool(of_two_controls(folder))),
    (published, lambda folder: publication(folder) is not None),
    (bounds, lambda folder: len(bounded(folder)) >= MANY_BOUNDS),
    (audited, has_audit),
    (seen, _has_sheets),
    (recovered, _by_control),
    (missing, lambda folder: decomposed(folder) and _by_control(folder)),
    (readings, _by_control),
    (turning, turns),
    (planning, plans),
    (visited, _plain),
    (visited_along, _swept),
    (training, _always),
    (geometry, _always),
    (concluded, claimed),
)
"""Every section in order, with what the results must hold for it."""


def sections_for(folder: ResultsFolder) -> tuple[MakeSection, ...]:
    """Return the sections of a report, picked by what its results hold: never by a study's name."""
    return tuple(section for section, holds in CHOICES if holds(folder))


__all__ = ["CHOICES", "STANDARD", "geometry", "readings", "recovered", "sections_for", "seen", "training", "visited"]
