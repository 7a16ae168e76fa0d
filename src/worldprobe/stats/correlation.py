"""Pearson's correlation between corresponding columns, such as the two members of a pair."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def column_correlation(first: Float[np.ndarray, "N k"], second: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return the correlation of every column of `first` with that column of `second`; NaN where either is constant."""
    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    moves = (np.ptp(first, axis=0) > 0.0) & (np.ptp(second, axis=0) > 0.0) & (scale > 0.0)
    return np.divide((a * b).sum(axis=0), scale, out=np.full(scale.shape, np.nan), where=moves)
