"""The sections of a report: functions from a results folder to a `Section`, and which of them a study gets."""

from collections.abc import Callable

from worldprobe.reports.caveats import is_smoke
from worldprobe.reports.html_blocks import Section
from worldprobe.reports.matching_audit import has_audit
from worldprobe.reports.quoted_values import publication
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.audit_gates import audit_gates
from worldprobe.reports.sections.backbone_recovery import backbone_recovery, has_backbones
from worldprobe.reports.sections.bound_check import bound_check, bounded
from worldprobe.reports.sections.control_plane import control_plane, of_two_controls
from worldprobe.reports.sections.control_recovery import control_recovery
from worldprobe.reports.sections.cyclic_controls import cyclic_controls, has_cyclic
from worldprobe.reports.sections.embedding_geometry import embedding_geometry
from worldprobe.reports.sections.evidence import evidence
from worldprobe.reports.sections.hypothesis_results import has_hypotheses, hypothesis_results
from worldprobe.reports.sections.ideal_encoder import has_ideal_encoder, ideal_encoder
from worldprobe.reports.sections.missing_variance import decomposed, missing_variance
from worldprobe.reports.sections.observations import observations
from worldprobe.reports.sections.planning_results import planning_results, plans
from worldprobe.reports.sections.played_session import has_session, played_session
from worldprobe.reports.sections.published_comparison import published_comparison
from worldprobe.reports.sections.run_browser import browsable, run_browser
from worldprobe.reports.sections.style_invariance import has_style, style_invariance
from worldprobe.reports.sections.sweep import sweep
from worldprobe.reports.sections.training_curves import training_curves
from worldprobe.reports.sections.transition_results import has_transitions, transition_results
from worldprobe.reports.sections.visited_controls import visited_controls
from worldprobe.reports.sections.visited_sweep import visited_sweep

MakeSection = Callable[[ResultsFolder], Section]
Holds = Callable[[ResultsFolder], bool]

STANDARD: tuple[MakeSection, ...] = (
    evidence,
    control_recovery,
    observations,
    visited_controls,
    training_curves,
    embedding_geometry,
    run_browser,
)
"""The sections of a study without axes, in order."""

FEW_SERIES = 6
"""Most series that are drawn control by control."""
MANY_BOUNDS = 6
"""Runs with a bound from which a picture says more than a table."""


def _measured(folder: ResultsFolder) -> bool:
    return bool(folder.series)


def _plain(folder: ResultsFolder) -> bool:
    return not folder.swept


def _swept(folder: ResultsFolder) -> bool:
    return folder.swept


def _has_sheets(folder: ResultsFolder) -> bool:
    return _plain(folder) or any(folder.contact_sheet(e).is_file() for e in folder.results.explorations)


def _few_series(folder: ResultsFolder) -> bool:
    """Whether the series can be drawn control by control."""
    same = len({tuple(s.summary.r2_per_control) for s in folder.series}) == 1
    return _measured(folder) and (_plain(folder) or (len(folder.series) <= FEW_SERIES and same))


CHOICES: tuple[tuple[MakeSection, Holds], ...] = (
    (sweep, _swept),
    (played_session, has_session),
    (evidence, _few_series),
    (control_plane, lambda folder: bool(of_two_controls(folder))),
    (control_recovery, _few_series),
    (missing_variance, lambda folder: decomposed(folder) and _few_series(folder) and not is_smoke(folder)),
    (style_invariance, lambda folder: has_style(folder) and _few_series(folder) and not is_smoke(folder)),
    (published_comparison, lambda folder: publication(folder) is not None),
    (bound_check, lambda folder: len(bounded(folder)) >= MANY_BOUNDS),
    (transition_results, has_transitions),
    (backbone_recovery, has_backbones),
    (planning_results, plans),
    (ideal_encoder, has_ideal_encoder),
    (audit_gates, has_audit),
    (observations, _has_sheets),
    (visited_controls, _plain),
    (visited_sweep, _swept),
    (training_curves, _measured),
    (embedding_geometry, _measured),
    (cyclic_controls, has_cyclic),
    (run_browser, browsable),
    (hypothesis_results, lambda folder: has_hypotheses(folder) and not is_smoke(folder)),
)
"""Every section in order, with what the results must hold for it."""


def sections_for(folder: ResultsFolder) -> tuple[MakeSection, ...]:
    """Return the sections of a report, picked by what its results hold: never by a study's name."""
    return tuple(section for section, holds in CHOICES if holds(folder))


__all__ = ["CHOICES", "STANDARD", "MakeSection", "sections_for"]
