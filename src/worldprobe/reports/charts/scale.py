"""Scales: from data to places on a chart, and the round values that an axis marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import ceil, floor, log10
from typing import Any

import numpy as np
from jaxtyping import Float

NINES = (-1.0, 0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)
PERFECT = 1 - 1e-7  # what a scale of nines shows of 1


class ScaleKind(StrEnum):
    """How a scale spaces its values: evenly, in their logarithms, or in how little they lack of 1."""

    LINEAR = "linear"
    LOG = "log"
    NINES = "nines"


_SPACED: dict[ScaleKind, Callable[[Any], Any]] = {
    ScaleKind.LINEAR: lambda values: values,
    ScaleKind.LOG: np.log10,
    ScaleKind.NINES: lambda values: -np.log10(1 - np.minimum(values, PERFECT)),
}


@dataclass(frozen=True)
class Scale:
    """The map from data between `low` and `high` to user units between `start` and `end`; beyond them it clips."""

    low: float
    high: float
    start: float
    end: float
    kind: ScaleKind = ScaleKind.LINEAR

    def __call__(self, value: float) -> float:
        """Return the place of one value."""
        low, per_unit = self._rule
        inside = min(max(value, self.low), self.high)
        return self.start + float(_SPACED[self.kind](inside) - low) * per_unit

    def places(self, values: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """Return the places of many values."""
        low, per_unit = self._rule
        inside = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        places: np.ndarray = self.start + (_SPACED[self.kind](inside) - low) * per_unit
        return places

    @cached_property
    def _rule(self) -> tuple[float, float]:
        """Where the axis starts as its kind spaces values, and the user units of one unit from there."""
        low, high = (float(_SPACED[self.kind](end)) for end in (self.low, self.high))
        return low, (self.end - self.start) / (high - low)

    def ticks(self) -> list[float]:
        """Return the round values that a scale of logarithms or nines marks.

        Logarithms: decades, or 1, 2, 5 where they span less than two. Nines: 0, .5, .9, .99 ...
        """
        if self.kind is ScaleKind.NINES:
            return [t for t in NINES if self.low <= t <= self.high]
        decades = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1, 2, 5) if log10(self.high / self.low) < 2 else (1,)
        return [s * 10.0**d for d in decades for s in steps if self.low <= s * 10.0**d <= self.high]


def evenly_in_logs(values: Sequence[float]) -> bool:
    """Whether positive values span more than a decade and are spaced more evenly in their logarithms than as they are.

    1, 2, 4 ... 64 and 1e-6, 1e-5 ... 0.5 are; 0.3, 0.5, 0.9 and 0, 10, 20 ... 100 are not.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if len(ordered) < 2 or ordered[0] <= 0 or ordered[-1] <= 10 * ordered[0]:
        return False
    return len(ordered) == 2 or _unevenness(np.log(ordered)) < _unevenness(ordered)


def spanning(values: Sequence[float], start: float, end: float) -> Scale:
    """Return a scale over the values of an axis, in logarithms where that spaces them more evenly."""
    low, high = min(values), max(values)
    if low == high:
        low, high = low - 0.5, high + 0.5
        return Scale(low, high, start, end)
    return Scale(low, high, start, end, ScaleKind.LOG if evenly_in_logs(values) else ScaleKind.LINEAR)


def apart(places: Sequence[float], least: float) -> list[bool]:
    """Return which of these rising places to label, so that labels stand `least` apart; the first and last always."""
    kept = [False] * len(places)
    free = float("-inf")
    for i, place in enumerate(places):
        last = i == len(places) - 1
        if last or (place >= free and (i == 0 or places[-1] - place >= least)):
            kept[i], free = True, place + least
    return kept


def _unevenness(ordered: Float[np.ndarray, " N"]) -> float:
    steps = np.diff(ordered)
    return float(np.std(steps) / np.mean(steps))
