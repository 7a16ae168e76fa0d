"""The statistics behind the gates, each with what a clean sample of a given size gives by chance.

Frames of a log are correlated, so a size is always an effective one: what a mean over the log is worth in independent
draws. Chance lines are set where one clean statistic in about a million crosses them, since an audit asks some hundred.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import pdist, squareform
from scipy.special import ndtri
from scipy.stats import rankdata

SIGMAS = 5.0
"""Standard errors that a mean may stray by chance."""

BLOCKS = 64
"""The fewest blocks that a standard error is estimated from: 18 % precise; correlations over F / 64 frames are seen."""

FRANCIA = 10.5
"""N (1 - W') of N Gaussian draws stays below this: .9999 quantile 7.0 for N of 100 to 10,000, most of 300,000 10.4."""

EPPS = 5.5
"""N times the Epps-Pulley distance (own mean and sd) stays below this: .9999 quantile 3.0, and 0.8 more per decade."""

KOLMOGOROV = 2.7
"""sqrt(N) sup |F_N - F| stays below this: 2 exp(-2 x^2) is 1e-6."""


def standard_error(series: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return the standard error of each column's mean, correlation along the rows included.

    Blocking (Flyvbjerg & Petersen 1989): means over blocks of 1, 2, 4 ... rows; the largest of the levels' errors.
    """
    x = series - series.mean(axis=0)
    error = x.std(axis=0) / np.sqrt(len(x))
    while len(x) >= 2 * BLOCKS:
        x = 0.5 * (x[0 : len(x) - 1 : 2] + x[1::2])
        error = np.maximum(error, x.std(axis=0) / np.sqrt(len(x)))
    return error


def correlation_time(series: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return how many rows are worth one independent draw, for the mean of each column; at least 1, at most N / 64."""
    variance = np.maximum(series.var(axis=0), np.finfo(float).tiny)
    return np.maximum(1.0, standard_error(series) ** 2 * len(series) / variance)


def shapiro_francia(x: Float[np.ndarray, " N"]) -> float:
    """Return W', the squared correlation of the sorted sample with normal scores (Shapiro & Francia 1972).

    It is also the R^2 of a linear regression between a control and its Gaussianised self Phi^-1(F(z)): the most that an
    embedding which SIGReg made Gaussian can be linear in the control.
    """
    scores = ndtri((np.arange(1, len(x) + 1) - 0.375) / (len(x) + 0.25))
    return float(np.corrcoef(np.sort(x), scores)[0, 1] ** 2)


def epps_pulley(x: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return each column's Epps-Pulley distance to N(0, 1) after its own mean and sd are taken out.

    SIGReg's statistic over N: weight exp(-t^2 / 2), trapezoid on 17 knots in [0, 3], doubled (arXiv 2511.08544).
    """
    y = (x - x.mean(axis=0)) / x.std(axis=0)
    knots = np.linspace(0.0, 3.0, 17)
    steps = np.full(17, knots[1])
    steps[[0, -1]] /= 2.0
    gaussian = np.exp(-0.5 * knots**2)
    distance = np.zeros(x.shape[1])
    for t, step, target in zip(knots, steps, gaussian, strict=True):
        distance += 2.0 * step * target * ((np.cos(t * y).mean(axis=0) - target) ** 2 + np.sin(t * y).mean(axis=0) ** 2)
    return distance


def ranks(x: Float[np.ndarray, "N ..."]) -> Float[np.ndarray, "N ..."]:
    """Return mid-ranks along the rows, from 1/(2N) to 1 - 1/(2N)."""
    return (rankdata(x, axis=0) - 0.5) / len(x)


def distance_correlation(x: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "n n"]:
    """Return the bias-corrected squared distance correlation between columns (Szekely & Rizzo 2014).

    0 between independent columns, up to chance of either sign; 1 between columns that are each other's line.
    """
    count = len(x)
    centred = np.empty((x.shape[1], count * (count - 1) // 2), dtype=np.float32)
    for i, column in enumerate(x.T):
        d = squareform(pdist(column[:, None]))
        sums = d.sum(axis=0)
        d -= sums / (count - 2)
        d -= sums[:, None] / (count - 2)
        d += sums.sum() / ((count - 1) * (count - 2))
        centred[i] = d[np.triu_indices(count, 1)]
    products = centred.astype(np.float64) @ centred.T.astype(np.float64)
    scale = np.sqrt(np.diag(products))
    return products / np.outer(scale, scale)


def spread_rows(count: int, most: int) -> Int[np.ndarray, " rows"]:
    """Return at most `most` row numbers, evenly spread over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def whitened(x: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N n"]:
    """Return x with zero mean and identity covariance, turned as little as possible, so that columns keep their names.

    Directions with less than 1e-6 of the largest variance are left as they are: nothing moves along them.
    """
    centred = x - x.mean(axis=0)
    variance, axes = np.linalg.eigh(centred.T @ centred / len(x))
    scale = np.where(variance > 1e-6 * variance.max(), 1.0 / np.sqrt(np.maximum(variance, 1e-300)), 0.0)
    return centred @ (axes * scale) @ axes.T
