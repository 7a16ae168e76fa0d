"""The sections that every study's report has: functions from a results folder to a `Section`."""

from collections.abc import Callable

from worldprobe.report.blocks import Section
from worldprobe.report.folder import ResultsFolder
from worldprobe.report.sections.exploration import seen, visited
from worldprobe.report.sections.recovery import geometry, readings, recovered
from worldprobe.report.sections.training import training

STANDARD: tuple[Callable[[ResultsFolder], Section], ...] = (seen, recovered, readings, visited, training, geometry)
"""The sections of a report, in order; a study with axes of its own hands `write_report` another tuple."""

__all__ = ["STANDARD", "geometry", "readings", "recovered", "seen", "training", "visited"]
