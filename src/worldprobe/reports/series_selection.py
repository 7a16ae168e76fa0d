"""Which few of many to draw: evenly along the axes, the ends among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sweep_conditions import conditions

T = TypeVar("T")


def evenly(things: Sequence[T], most: int) -> list[T]:
    """Return at most `most` of these things, evenly spread, the first and the last among them.

    One fewer where that makes the strides equal: of nine, five rather than six.
    """
    if len(things) <= most:
        return list(things)
    number = next((n for n in (most, most - 1) if n > 1 and (len(things) - 1) % (n - 1) == 0), most)
    return [things[i] for i in np.linspace(0, len(things) - 1, number).round().astype(int)]


def few(folder: ResultsFolder, series: Sequence[Series], most: int) -> list[Series]:
    """Return about `most` of these series, as many of every condition.

    Along one axis they are evenly spread; over more axes they go from the best to the worst.
    """
    kinds = conditions(folder)
    each = len(series) if len(series) <= most else max(2, most // len(kinds))
    chosen = []
    for c in kinds:
        mine = [s for s in c.series if s in series]
        if len(c.axes) > 1 and len(mine) > each:
            mine.sort(key=lambda s: -s.summary.r2.mean)
        chosen += evenly(mine, each)
    return chosen
