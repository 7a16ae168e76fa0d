"""The large numbers at the head of a report, each next to its floors, its ceiling and what limits it."""

from __future__ import annotations

from dataclasses import dataclass

from worldprobe.reports.causes import NOT_SEPARATED
from worldprobe.reports.headline import Standing, called, reached_by, standing
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.series_prediction import ideal_on_test
from worldprobe.reports.sweep_conditions import Condition, compared_with, conditions
from worldprobe.reports.wording import at, ratio


@dataclass(frozen=True)
class Scorecard:
    """A name in its colour, a large R², what it is compared with, its cause and a sentence."""

    colour: int
    label: str
    r2: float
    range: str
    against: tuple[tuple[str, str, float], ...]
    """(class of the key, name, R²) of floors and ceilings, lowest first."""
    part: str
    """The colour of the largest part of what is missing, empty where nothing is."""
    cause: str
    said: str

    @property
    def long(self) -> bool:
        """Whether the number has so many digits that it needs a smaller size."""
        return len(ratio(self.r2)) > 6

    @property
    def verdict(self) -> str:
        """The sentence, no line of which ends in "R²"."""
        return self.said.replace("R² ", "R²\u00a0")


def scorecards(folder: ResultsFolder) -> list[Scorecard]:
    """Return a card for each series with its verdict; of a sweep one for each condition, at its best point."""
    if not folder.swept:
        return [_card(folder, s, s.label, f"R², {_interval(s)}", s.summary.verdict) for s in folder.series]
    return [_of_condition(folder, c) for c in conditions(folder)]


def _of_condition(folder: ResultsFolder, c: Condition) -> Scorecard:
    best, worst = c.best, c.worst
    if len(c.series) == 1:
        return _card(folder, best, c.label, f"R², {_interval(best)}", best.summary.verdict)
    low = f"R² {ratio(worst.summary.r2.mean)} at {at(worst.summary.axes)}"
    where = f"R² at its best, {at(best.summary.axes)}; {_interval(best)}"
    return _card(folder, best, c.label, where, f"{best.summary.verdict} At its worst: {low}.")


def _card(folder: ResultsFolder, s: Series, label: str, where: str, said: str) -> Scorecard:
    st = standing(folder, s)
    lost = st.limit is not None and not st.recovered
    part = st.limit.colour if lost and st.limit is not None else ""
    cause = _cause(st) if lost else ""
    return Scorecard(s.colour, label, s.summary.r2.mean, where, _against(folder, s), part, cause, said)


def _cause(st: Standing) -> str:
    if st.limit is None:
        return ""
    size = "" if st.limit is NOT_SEPARATED else f": {ratio(st.size)} of R²"
    return f"{st.limit.limit.capitalize()}{size}"


def _against(folder: ResultsFolder, s: Series) -> tuple[tuple[str, str, float], ...]:
    found = [(r.role, called(folder, r.role), r.r2.mean) for r in compared_with(folder, s.summary)]
    found.sort(key=lambda reference: reference[2])
    ideal = ideal_on_test(folder, s)
    return tuple(found) if ideal is None else (*found, ("predicted", "predicted ideal", ideal))


def _interval(s: Series) -> str:
    low, high = s.summary.r2.ci95
    planned = reached_by(s)
    goals = "" if planned is None else f"; {100 * planned:.0f}\u00a0% of the goal images reached"
    return f"95 % interval {ratio(low)} to {ratio(high)}{goals}"
