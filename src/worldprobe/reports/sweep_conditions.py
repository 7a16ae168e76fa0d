"""What a sweep varies: its axes, and its conditions, each one regime under one objective at many points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.results import Label, Summary

COLLAPSED = 0.1  # R^2 below which a run has lost its controls


@dataclass(frozen=True)
class SweptAxis:
    """One axis of a sweep: its labels rising where they are numbers, else in the study's order."""

    name: str
    labels: tuple[Label, ...]

    @property
    def numeric(self) -> bool:
        """Whether every label is a number; a number in quotes is one too."""
        return all(as_number(label) is not None for label in self.labels)


@dataclass(frozen=True)
class Condition:
    """One regime under one objective, with the series at each of its points: one line of a sweep's charts."""

    regime: str
    objective: str
    label: str
    colour: int
    shape: int
    axes: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def best(self) -> Series:
        """The series with the highest mean R^2."""
        return max(self.series, key=lambda s: s.summary.r2.mean)

    @property
    def worst(self) -> Series:
        """The series with the lowest mean R^2."""
        return min(self.series, key=lambda s: s.summary.r2.mean)


def as_number(label: Label | None) -> float | None:
    """Return a label as a number, or None."""
    try:
        return None if label is None else float(label)
    except ValueError:
        return None


def swept_axes(folder: ResultsFolder) -> list[SweptAxis]:
    """Return the axes on which a measured series has more than one point, in the study's order."""
    measured = [s.summary for s in folder.series]
    declared = folder.results.study.get("axes") or {}
    names = dict.fromkeys([*declared, *(name for s in measured for name in s.axes)])
    found = (SweptAxis(name, _labels(name, measured)) for name in names)
    return [axis for axis in found if len(axis.labels) > 1]


def conditions(folder: ResultsFolder) -> list[Condition]:
    """Return the conditions of a study, in its order; the axes of each are those that its series vary on."""
    kin: dict[tuple[str, str], list[Series]] = {}
    for s in folder.series:
        kin.setdefault((s.summary.regime, s.summary.objective), []).append(s)
    objectives = list(dict.fromkeys(objective for _, objective in kin))
    regimes = list(dict.fromkeys(regime for regime, _ in kin))
    names = [axis.name for axis in swept_axes(folder)]
    found = []
    for (regime, objective), series in kin.items():
        shape = objectives.index(objective) if len(objectives) > 1 else regimes.index(regime)
        axes = tuple(name for name in names if name in series[0].summary.axes)
        label, colour = folder.named(regime, objective), folder.colour(regime, objective)
        found.append(Condition(regime, objective, label, colour, shape, axes, tuple(series)))
    return found


def points_of(axes: Sequence[SweptAxis], found: Sequence[Condition]) -> list[dict[str, Label]]:
    """Return every point of the grid of these axes at which any of the conditions was measured, in order."""
    there = {tuple(s.summary.axes.get(a.name) for a in axes) for c in found for s in c.series}
    grid: list[dict[str, Label]] = [{}]
    for axis in axes:
        grid = [{**point, axis.name: label} for point in grid for label in axis.labels]
    return [point for point in grid if tuple(point.values()) in there]


def matches(summary: Summary, point: Mapping[str, Label]) -> bool:
    """Whether a summary holds at a point: no axis that matters to it says otherwise."""
    return all(summary.axes[name] == label for name, label in point.items() if name in summary.axes)


def references_of(folder: ResultsFolder, summary: Summary) -> list[Summary]:
    """Return the floors and ceilings at a measured summary's point: of its regime, or of no regime."""
    own = {s.summary.regime for s in folder.series}
    there = [r for r in folder.references if matches(r, summary.axes)]
    return [r for r in there if r.regime == summary.regime or r.regime not in own]


def compared_with(folder: ResultsFolder, summary: Summary) -> list[Summary]:
    """Return the floors and ceilings to compare a measured summary with: its own, and any that the study has once.

    A ceiling that was trained on one exploration only is the whole study's.
    """
    roles = [r.role for r in folder.references]
    own = references_of(folder, summary)
    return [r for r in folder.references if r in own or roles.count(r.role) == 1]


def _labels(name: str, measured: Sequence[Summary]) -> tuple[Label, ...]:
    labels = list(dict.fromkeys(s.axes[name] for s in measured if name in s.axes))
    values = {label: value for label in labels if (value := as_number(label)) is not None}
    return tuple(sorted(labels, key=lambda label: values[label]) if len(values) == len(labels) else labels)
