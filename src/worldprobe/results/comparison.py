"""Two results beside each other: the same explorations before and after a change, and which settings changed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from worldprobe.results.differences import differences
from worldprobe.results.interval import Interval
from worldprobe.results.record import Label, Record
from worldprobe.results.study_results import Results
from worldprobe.results.summary import Summary

NO_SETTINGS = ("title", "question", "hypotheses", "published")
"""Parts of a study that change no number."""


class ComparedControl(Record):
    """The control whose R^2 differs most between two results."""

    name: str
    first: float
    second: float


class ComparedSeries(Record):
    """One exploration, objective and point of the axes in two results; None where one of them lacks it."""

    regime: str
    objective: str
    role: str
    axes: dict[str, Label] = Field({})
    first: Interval | None
    second: Interval | None
    difference: Interval | None
    """Second minus first; the two are taken as independent."""
    most_changed: ComparedControl | None


class ComparedSetting(Record):
    """A setting that differs; None where one study does not have it."""

    path: str
    first: Any
    second: Any


class Comparison(Record):
    """Two results, series by series, and what differs between the studies' settings."""

    series: list[ComparedSeries]
    settings: list[ComparedSetting]


def compare(first: Results, second: Results) -> Comparison:
    """Compare two results: R^2 of every series with its interval, the difference, and the settings that differ."""
    of_first, of_second = ({_key(row): row for row in results.summary} for results in (first, second))
    keys = list(dict.fromkeys([*of_first, *of_second]))
    return Comparison(
        series=[_series(of_first.get(key), of_second.get(key)) for key in keys],
        settings=[
            ComparedSetting(path=path, first=before, second=after)
            for path, before, after in differences(first.study, second.study)
            if path.partition(".")[0] not in NO_SETTINGS
        ],
    )


def _key(row: Summary) -> tuple[object, ...]:
    return row.regime, row.objective, row.role, *sorted((name, str(label)) for name, label in row.axes.items())


def _series(first: Summary | None, second: Summary | None) -> ComparedSeries:
    known = first or second
    assert known is not None
    return ComparedSeries(
        regime=known.regime,
        objective=known.objective,
        role=known.role,
        axes=known.axes,
        first=first.r2 if first else None,
        second=second.r2 if second else None,
        difference=second.r2.minus(first.r2) if first and second else None,
        most_changed=_most_changed(first, second) if first and second else None,
    )


def _most_changed(first: Summary, second: Summary) -> ComparedControl | None:
    names = [name for name in first.r2_per_control if name in second.r2_per_control]
    changed = [(name, first.r2_per_control[name].mean, second.r2_per_control[name].mean) for name in names]
    if not changed:
        return None
    name, before, after = max(changed, key=lambda part: abs(part[2] - part[1]))
    return ComparedControl(name=name, first=before, second=after)
