"""A few of many rows, evenly spread."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int


def evenly_spaced(count: int, at_most: int) -> Int[np.ndarray, " rows"]:
    """Return at most `at_most` row numbers, evenly spread over `count` rows, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, at_most)).astype(np.int64))


def even_stretches(count: int, at_most: int, stretches: int = 12) -> Int[np.ndarray, " rows"]:
    """Return at most `at_most` rows in stretches of consecutive ones, evenly spread over `count`; all where they fit.

    Stretches keep each row beside its neighbours, which a statistic over steps in time needs.
    """
    if count <= at_most:
        return np.arange(count)
    length = at_most // stretches
    starts = np.linspace(0, count - length, stretches).astype(np.int64)
    return np.unique(starts[:, None] + np.arange(length))
