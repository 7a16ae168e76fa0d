"""R^2: the share of a variable's variance that a prediction explains, defined once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

Numbers = Float[np.ndarray, "..."]


def r2_per_column(truth: Float[np.ndarray, "N n"], read: Float[np.ndarray, "N n"]) -> Float[np.ndarray, " n"]:
    """Return 1 - E(truth - read)^2 / Var(truth) of every column: 1 is perfect, 0 the mean, negative worse than it.

    Raises ValueError where a column of the truth is constant: R^2 is not defined there.
    """
    variance = truth.var(axis=0)
    if np.any(variance == 0):
        raise ValueError(f"R^2 is not defined: column {int(np.argmin(variance))} of the truth is constant")
    return r2_from_errors(((truth - read) ** 2).mean(axis=0), variance)


def r2_from_errors(squared_error: Numbers, variance: Numbers) -> Numbers:
    """Return 1 - squared_error / variance, both means or both sums over the same points; 0 where the variance is 0."""
    moves = variance > 0.0
    return 1.0 - np.divide(squared_error, variance, out=np.ones_like(squared_error), where=moves)


def r2_from_explained(explained: Numbers, variance: Numbers) -> Numbers:
    """Return explained / variance, for a least-squares fit whose explained variance is known; 0 where nothing moves."""
    return np.divide(explained, variance, out=np.zeros_like(explained), where=variance > 0.0)
