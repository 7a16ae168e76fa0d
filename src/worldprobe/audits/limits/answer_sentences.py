"""The three sentences of an answer, with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from worldprobe.results import LimitingCause, StrideAdvice

NAMED = 6
LITTLE = 0.02
"""Mean R^2 that mending has to buy before a fault counts as limiting."""

Interval = tuple[float, float]


def recovers(mean: float, ends: Interval, each: Mapping[str, float], intervals: Mapping[str, Interval]) -> str:
    """Say what an ideal encoder recovers, of all states and of each, the least recovered first."""
    order = sorted(each, key=lambda name: each[name])
    shown = ", ".join(f"{name} {each[name]:.2f} ({_range(intervals[name])})" for name in order[:NAMED])
    rest = f" and {len(order) - NAMED} more, up to {each[order[-1]]:.2f}" if len(order) > NAMED else ""
    return f"An ideal encoder trained on this log recovers R² {mean:.2f} ({_range(ends)}) of the states: {shown}{rest}."


def limits(causes: Sequence[LimitingCause]) -> str:
    """Say what limits recovery first, and what comes after it."""
    worth = [cause for cause in causes if cause.gain >= LITTLE]
    if not worth:
        return "Nothing that was tested limits it: no single fault, mended, would add 0.02 to R²."
    first, *others = worth
    gain = f"{first.gain:.2f} ({_range(first.gain_ci95)})"
    said = f"What limits it first: {first.found}; without that, R² would be {gain} higher."
    if others:
        said += " Next: " + "; ".join(f"{cause.found} ({cause.gain:+.2f})" for cause in others[:2]) + "."
    return f"{said} {first.mend}"


def record_next(
    weakest: Sequence[str],
    more: tuple[float, float, float] | None,
    episodes: int,
    noun: str,
    stride: StrideAdvice | None,
) -> str:
    """Say what to record next: which states, how many more episodes, and at what stride to pair the rows."""
    parts = []
    if weakest:
        parts.append(f"explore {', '.join(weakest)} more")
    if more is not None:
        count, low, high = more
        parts.append(
            f"add about {_round(count)} {noun} like these ({_round(low)} to {_round(high)}; there are {episodes:,})"
        )
    if stride is not None and stride.stride > 1:
        parts.append(
            f"pair rows {stride.stride} times as far apart: linear features are then {stride.separation:.0f} standard "
            f"errors above nonlinear ones (now {stride.separation_now:.0f})"
        )
    if not parts:
        return "Record next: nothing more is needed of this kind; more of it would not raise recovery."
    return f"Record next: {'; '.join(parts)}."


def _range(ends: Interval) -> str:
    return f"{ends[0]:.2f} to {ends[1]:.2f}"


def _round(count: float) -> str:
    digits = max(len(str(int(count))) - 2, 0)
    return f"{round(count / 10**digits) * 10**digits:,}"
