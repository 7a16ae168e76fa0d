"""A mean and how far it may be from the truth."""

from __future__ import annotations

from worldprobe.results.record import Record


class Interval(Record):
    """A mean with its 95 % confidence interval."""

    mean: float
    ci95: tuple[float, float]
