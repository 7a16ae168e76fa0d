"""Increasing maps of one variable, as tables: quantiles of many points, and the map at many points, compiled by numba.

A search for the ideal encoder spends most of its time here. The numbers are those of `numpy.sort` and `numpy.interp`;
the points are neither sorted nor copied, since a table needs a few dozen of their order statistics only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from jaxtyping import Float, Int

BINS, GUIDES = 4096, 256


def quantiles(points: Float[np.ndarray, "N d"], at: Float[np.ndarray, " levels"]) -> Float[np.ndarray, "d levels"]:
    """Return every column's values at these places of its order, from 0 to N - 1, interpolated between neighbours."""
    below = np.floor(at).astype(np.int64)
    ranks = np.unique(np.concatenate([below, below + 1]).clip(0, len(points) - 1))
    return np.stack([np.interp(at, ranks, order_statistics(column, ranks)) for column in points.T])


def order_statistics(column: Float[np.ndarray, " N"], ranks: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return a column's values of these ranks, which increase from 0 to at most N - 1."""
    found = np.empty(len(ranks))
    if not _from_bins(column, ranks, BINS, found):
        found[:] = np.sort(column)[ranks]
    return found


def interpolated(
    points: Float[np.ndarray, "N d"],
    table: Float[np.ndarray, "d levels"],
    levels: Float[np.ndarray, " levels"],
    slopes: Float[np.ndarray, "d 2"],
) -> None:
    """Replace every column's points by what its table maps them to, linear with these slopes below and above it."""
    for column, own, (below, above) in zip(points.T, table, slopes, strict=True):
        _interpolate(column, own, levels, float(below), float(above), GUIDES)


def _compiled(loop: Callable[..., Any]) -> Any:
    """Compile a loop; what checks the types of calls (as the tests do) stays outside."""
    return numba.njit(inspect.unwrap(loop), cache=True, nogil=True)


@_compiled
def _from_bins(column: Any, ranks: Any, bins: int, found: Any) -> bool:
    """Fill in the order statistics; False where sorting is better: few distinct sizes, or values that are not finite.

    Only the bins of equal width that hold a wanted rank are sorted.
    """
    low, high = np.inf, -np.inf
    for value in column:
        if not np.isfinite(value):
            return False
        low, high = min(low, value), max(high, value)
    scale = bins / (high - low) if high > low else np.inf
    if not np.isfinite(scale):
        return False
    starts = np.zeros(bins + 1, np.int64)
    own = np.empty(len(column), np.int32)
    for place, value in enumerate(column):
        own[place] = min(int((value - low) * scale), bins - 1)
        starts[own[place] + 1] += 1
    for one in range(bins):
        starts[one + 1] += starts[one]
    kept_from = np.full(bins, -1, np.int64)
    total, one = 0, 0
    for rank in ranks:
        while starts[one + 1] <= rank:
            one += 1
        if kept_from[one] < 0:
            kept_from[one] = total
            total += starts[one + 1] - starts[one]
    if 2 * total > len(column):
        return False
    kept, filled = np.empty(total), kept_from.copy()
    for place, value in enumerate(column):
        if kept_from[own[place]] >= 0:
            kept[filled[own[place]]] = value
            filled[own[place]] += 1
    one, ordered = 0, -1
    for order, rank in enumerate(ranks):
        while starts[one + 1] <= rank:
            one += 1
        begin = kept_from[one]
        if ordered != one:
            kept[begin : filled[one]].sort()
            ordered = one
        found[order] = kept[begin + rank - starts[one]]
    return True


@_compiled
def _interpolate(column: Any, table: Any, levels: Any, below: float, above: float, guides: int) -> None:
    """Map a column in place. Guides of equal width say where in the table the search for a point begins."""
    last = len(table) - 1
    slopes = (levels[1:] - levels[:-1]) / (table[1:] - table[:-1])
    begins = np.zeros(guides, np.int64)
    reach = table[last] - table[0]
    scale = guides / reach if reach > 0.0 else 0.0
    left = 0
    for guide in range(guides if 0.0 < scale < np.inf else 0):
        while left < last - 1 and table[left + 1] <= table[0] + guide / scale:
            left += 1
        begins[guide] = left
    scale = scale if scale < np.inf else 0.0
    for place, value in enumerate(column):
        if np.isnan(value):
            continue
        if value < table[0]:
            column[place] = levels[0] + (value - table[0]) * below
        elif value >= table[last]:
            column[place] = levels[last] + (value - table[last]) * above
        else:
            left = begins[min(int((value - table[0]) * scale), guides - 1)]
            while table[left] > value:
                left -= 1
            while table[left + 1] <= value:
                left += 1
            if table[left] == value:
                column[place] = levels[left]
            else:
                column[place] = slopes[left] * (value - table[left]) + levels[left]
