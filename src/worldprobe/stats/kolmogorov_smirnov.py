"""The Kolmogorov-Smirnov distance between two samples, ties included."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, Shaped


def ordinal_codes(x: Shaped[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """Return for each value its place among the distinct values, from 0: equal values have equal codes."""
    return np.unique(x, return_inverse=True)[1].reshape(len(x))


def ks_distance(first: Int[np.ndarray, " N"], second: Int[np.ndarray, " M"]) -> float:
    """Return sup |F - G|, the largest difference of two samples' distribution functions, from their ordinal codes.

    Distribution functions are compared where they are constant, after all equal values: a discrete variable that is
    distributed alike in both samples has the distance 0.
    """
    levels = int(max(first.max(), second.max())) + 1
    cumulative = [np.cumsum(np.bincount(codes, minlength=levels)) / len(codes) for codes in (first, second)]
    return float(np.abs(cumulative[0] - cumulative[1]).max())


def ks_of(first: Float[np.ndarray, " N"], second: Float[np.ndarray, " M"]) -> float:
    """Return the Kolmogorov-Smirnov distance between two samples of numbers."""
    codes = ordinal_codes(np.concatenate([first, second]))
    return ks_distance(codes[: len(first)], codes[len(first) :])
