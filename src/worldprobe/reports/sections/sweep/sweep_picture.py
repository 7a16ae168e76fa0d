"""How a sweep is split into pictures: which conditions share one, and which axes it draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worldprobe.reports.results_folder import Series
from worldprobe.reports.sweep_conditions import Condition, SweptAxis, as_number, points_of
from worldprobe.reports.wording import ratio
from worldprobe.results import Label


@dataclass(frozen=True)
class SweepPicture:
    """Conditions that share their axes: one picture of them, in a panel for each point of the axes left over."""

    axes: tuple[SweptAxis, ...]
    conditions: tuple[Condition, ...]

    @property
    def drawn(self) -> tuple[SweptAxis, ...]:
        """The axes of the chart itself: the first two numeric ones, else the last of words."""
        numeric = tuple(axis for axis in self.axes if axis.numeric)
        return numeric[:2] if numeric else self.axes[-1:]

    @property
    def panels(self) -> list[dict[str, Label]]:
        """The points of the axes that are not drawn; one empty point where all are."""
        rest = [axis for axis in self.axes if axis not in self.drawn]
        return points_of(rest, self.conditions)


def pictures(axes: Sequence[SweptAxis], found: Sequence[Condition]) -> list[SweepPicture]:
    """Return one picture for every set of axes that conditions have in common, those without any left out."""
    shared = dict.fromkeys(c.axes for c in found if c.axes)
    by_name = {axis.name: axis for axis in axes}
    return [
        SweepPicture(tuple(by_name[n] for n in names), tuple(c for c in found if c.axes == names)) for names in shared
    ]


def place(s: Series, axis: SweptAxis) -> float:
    """Return where a series lies on a numeric axis."""
    x = as_number(s.summary.axes[axis.name])
    assert x is not None
    return x


def said(s: Series) -> str:
    """Return the sentence that a pointer gets of a series."""
    low, high = s.summary.r2.ci95
    return f"{s.label}: R² {ratio(s.summary.r2.mean)}, 95 % interval {ratio(low)} to {ratio(high)}"
