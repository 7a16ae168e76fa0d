"""The large numbers at the head of a report: one for each exploration, or for each condition of a sweep."""

from __future__ import annotations

from dataclasses import dataclass

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sweep import Condition, conditions
from worldprobe.reports.words import at, ratio


@dataclass(frozen=True)
class Card:
    """A name in its colour, a large R^2, what it is, and a sentence."""

    colour: int
    label: str
    r2: float
    range: str
    said: str

    @property
    def long(self) -> bool:
        """Whether the number has so many digits that it needs a smaller hand."""
        return len(ratio(self.r2)) > 6

    @property
    def verdict(self) -> str:
        """The sentence, no line of which ends in "R²"."""
        return self.said.replace("R² ", "R²\u00a0")


def cards(folder: ResultsFolder) -> list[Card]:
    """Return a card for each series with its verdict; of a sweep one for each condition, at its best point."""
    if not folder.swept:
        return [
            Card(s.colour, s.label, s.summary.r2.mean, f"R², {_interval(s)}", s.summary.verdict) for s in folder.series
        ]
    return [_of_condition(c) for c in conditions(folder)]


def _of_condition(c: Condition) -> Card:
    best, worst = c.best, c.worst
    if len(c.series) == 1:
        return Card(c.colour, c.label, best.summary.r2.mean, f"R², {_interval(best)}", best.summary.verdict)
    where, low = _point(best), f"R² {ratio(worst.summary.r2.mean)} at {_point(worst)}"
    said = f"{best.summary.verdict} At its worst: {low}."
    return Card(c.colour, c.label, best.summary.r2.mean, f"R² at its best, {where}; {_interval(best)}", said)


def _point(s: Series) -> str:
    return at(s.summary.axes)


def _interval(s: Series) -> str:
    low, high = s.summary.r2.ci95
    return f"95 % interval {ratio(low)} to {ratio(high)}"
