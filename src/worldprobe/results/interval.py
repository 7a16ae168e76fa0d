"""A mean and how far it may be from the truth."""

from __future__ import annotations

from math import hypot

from worldprobe.results.record import Record


class Interval(Record):
    """A mean with its 95 % confidence interval."""

    mean: float
    ci95: tuple[float, float]

    def minus(self, other: Interval) -> Interval:
        """Return the interval of a difference of independent estimates (MOVER, Zou and Donner 2008)."""
        mean = self.mean - other.mean
        low = mean - hypot(self.mean - self.ci95[0], other.ci95[1] - other.mean)
        high = mean + hypot(self.ci95[1] - self.mean, other.mean - other.ci95[0])
        return Interval(mean=mean, ci95=(low, high))
