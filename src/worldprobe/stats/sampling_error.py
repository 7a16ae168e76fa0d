"""Standard errors and effective sample sizes of correlated rows, by blocking.

Frames of a log are correlated, so a sample's size is always an effective one: what a mean over the log is worth in
independent draws.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

BLOCKS = 64
"""The fewest blocks that a standard error is estimated from: 18 % precise; correlations over N / 64 rows are seen."""

SIGNIFICANT = 3.0
"""Standard errors, of the lag-1 autocorrelation between blocks, from which it counts as real."""


def standard_error(series: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return the standard error of each column's mean, with correlation along the rows taken into account.

    Blocking (Flyvbjerg & Petersen 1989): means over blocks of 1, 2, 4 ... rows; the largest of the levels' errors.
    Where the last level's blocks are still correlated (or where there are too few rows for a second level), the error
    is inflated as for a first-order autoregressive series with their lag-1 autocorrelation; at most to the standard
    deviation itself, that of a single independent draw.
    """
    x = series - series.mean(axis=0)
    spread = x.std(axis=0)
    error = spread / np.sqrt(len(x))
    while len(x) >= 2 * BLOCKS:
        x = 0.5 * (x[0 : len(x) - 1 : 2] + x[1::2])
        error = np.maximum(error, x.std(axis=0) / np.sqrt(len(x)))
    return np.minimum(error * _inflation(x), np.maximum(spread, error))


def _inflation(x: Float[np.ndarray, "blocks k"]) -> Float[np.ndarray, " k"]:
    """Return sqrt((1 + r) / (1 - r)), r the lag-1 autocorrelation less its bias (Kendall 1954); 1 where r is noise."""
    count = len(x)
    if count < 4:
        return np.ones(x.shape[1])
    centred = x - x.mean(axis=0)
    square = (centred**2).sum(axis=0)
    r = np.divide((centred[1:] * centred[:-1]).sum(axis=0), square, out=np.zeros_like(square), where=square > 0.0)
    r = np.where(r > SIGNIFICANT / np.sqrt(count), np.minimum(r + (1.0 + 3.0 * r) / count, 1.0 - 1e-9), 0.0)
    return np.sqrt((1.0 + r) / (1.0 - r))


def correlation_time(series: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return how many rows are worth one independent draw, for the mean of each column; from 1 to N."""
    variance = np.maximum(series.var(axis=0), np.finfo(float).tiny)
    return np.clip(standard_error(series) ** 2 * len(series) / variance, 1.0, len(series))


def ideal_correlation_time(
    rho: Float[np.ndarray, " k"], stride: float, lengths: Int[np.ndarray, " episodes"]
) -> Float[np.ndarray, " k"]:
    """Return how many rows of first-order autoregressive walks, one per episode, are worth one independent draw.

    `rho` is the correlation of rows `stride` apart, as it was estimated from these episodes: it is corrected for its
    bias (Kendall 1954) and raised by two standard errors, so that the time is rather too long. Within an episode of L
    rows it is 1 + 2 sum over k < L of (1 - k / L) r^k, L at most: different episodes are independent.
    """
    count = max(int(lengths.sum()) / stride, 1.0)
    error = np.sqrt(np.maximum(1.0 - rho**2, 0.0) / count)
    upper = np.clip(rho + (1.0 + 3.0 * rho) / count + 2.0 * error, 0.0, 1.0 - 1e-9)
    r = (upper ** (1.0 / stride))[:, None]
    length, episodes = np.unique(lengths, return_counts=True)
    size = length.astype(np.float64)
    # The closed form cancels where r is near 1: there the sum is that of a quadratic in 1 - r.
    exact = (1.0 + r) / (1.0 - r) - 2.0 * r * (1.0 - r**size) / (size * (1.0 - r) ** 2)
    near = size - (1.0 - r) * (size**2 - 1.0) / 3.0
    time = np.where((1.0 - r) * size < 1e-4, near, exact).clip(1.0, size)
    found: Float[np.ndarray, " k"] = (time * size * episodes).sum(axis=1) / lengths.sum()
    return found
