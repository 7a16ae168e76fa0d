"""Ranks along the rows of an array."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata


def mid_ranks(x: Float[np.ndarray, "N ..."]) -> Float[np.ndarray, "N ..."]:
    """Return mid-ranks along the rows, from 1/(2N) to 1 - 1/(2N); equal values share the mean of their ranks."""
    return (rankdata(x, axis=0) - 0.5) / len(x)
