"""The study's answer, in a sentence or two at the head of the page."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

from markupsafe import Markup

from worldprobe.reports.results_folder import Series
from worldprobe.reports.words import count, share, unbroken
from worldprobe.results import PARTLY, RECOVERED

REACHED = 0.9
"""Share of pictures reached from which a planner is said to get there."""


def answer(series: Sequence[Series], controls: int) -> Markup:
    """Return the study's answer in one sentence: what can be read off the embedding after each exploration.

    Yes, in part and no follow the verdicts' thresholds. With more than four series it names the best and the worst.
    """
    if not series:
        return Markup("This study measured no exploration, only floors and ceilings.")
    ranked = sorted(series, key=lambda s: -s.summary.r2.mean)
    told = ranked if len(ranked) <= 4 else [ranked[0], ranked[-1]]
    best, rest = told[0], told[1:]
    opening = Markup("{} {} exploration: linear regression recovers {} of the variance of {}").format(
        _yes(best), _inked(best), share(best.summary.r2.mean), count(controls, "hidden control")
    )
    return _with(opening, [Markup("{} through {}").format(share(s.summary.r2.mean), _inked(s)) for s in rest])


def answer_of_planning(series: Sequence[Series]) -> Markup:
    """Return the answer of a study that plans: how many pictures are reached by the encoders of each exploration.

    Yes: nine in ten or more by the best; in part: half or more.
    """
    rates = sorted(((rate, s) for s in series if (rate := _reached(s)) is not None), key=lambda pair: -pair[0])
    if not rates:
        return Markup("No encoder of an exploration was planned with.")
    (best, first), rest = rates[0], rates[1:] if len(rates) <= 4 else rates[-1:]
    yes = "Yes, through" if best >= REACHED else "In part, through" if best >= PARTLY else "No, not even through"
    opening = Markup("{} {} exploration: {} of the pictures are reached").format(yes, _inked(first), share(best))
    return _with(opening, [Markup("{} through {}").format(share(rate), _inked(s)) for rate, s in rest])


def _reached(s: Series) -> float | None:
    """Return the share of goals reached with the last transition that was tried, the mean over a series' runs."""
    found = [run.planning.success for run in s.runs if run.planning is not None]
    return sum(found) / len(found) if found else None


def _with(opening: Markup, tail: Sequence[Markup]) -> Markup:
    joined = Markup(" and ").join([Markup(", ").join(tail[:-1]), tail[-1]]) if len(tail) > 1 else Markup("").join(tail)
    return Markup("{}, {}.").format(opening, joined) if tail else opening + "."


def answer_of_sweep(series: Sequence[Series]) -> Markup:
    """Return a sweep's answer in one or two sentences: its best and its worst point, by the names of their axes.

    Yes: every control is recovered at every point; it depends: at some; in part and no: at none, by the best.
    """
    ranked = sorted(series, key=lambda s: -s.summary.r2.mean)
    best, worst, kept = ranked[0], ranked[-1], sum(_recovered(s) for s in series)
    high, low = _shares(best, worst)
    text = Markup("{}. At best ({}) a linear regression reads {} of the controls’ variance, at worst ({}) {}.")
    return text.format(_at_how_many(best, kept, len(series)), _inked(best), high, _inked(worst), low)


def _at_how_many(best: Series, kept: int, points: int) -> str:
    if kept == points:
        return f"Yes: every control is recovered at {'both' if points == 2 else f'all {points}'} points"
    if kept:
        return f"It depends: every control is recovered at {kept} of {points} points"
    partly = best.summary.r2.mean >= PARTLY
    return f"{'In part' if partly else 'No'}: at none of {points} points is every control recovered"


def _shares(best: Series, worst: Series) -> tuple[str, str]:
    """Return the shares of variance of two series, with the decimals that tell them apart where both are near 1."""
    values = best.summary.r2.mean, worst.summary.r2.mean
    high, low = (f"{100 * v:.{_decimals(v)}f}\u00a0%" for v in values) if min(values) >= 0.995 else map(share, values)
    return high, low


def _decimals(r2: float) -> int:
    """Return how many decimals of a percentage tell an R^2 from 1."""
    return 1 if r2 >= 1 else min(6, max(1, -2 - floor(log10(1 - r2))))


def _inked(s: Series) -> Markup:
    return Markup('<span class="ink c{}">{}</span>').format(s.colour, unbroken(s.label))


def _recovered(series: Series) -> bool:
    return min(i.mean for i in series.summary.r2_per_control.values()) >= RECOVERED


def _yes(series: Series) -> str:
    if _recovered(series):
        return "Yes, through"
    return "In part, through" if series.summary.r2.mean >= PARTLY else "No, not even through"
