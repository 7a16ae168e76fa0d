"""Linear probes: fitted on one set of points, scored on another, with a bootstrap over the scored points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real
from sklearn.linear_model import LinearRegression

from worldprobe.stats.r2 import r2_from_errors, r2_per_column
from worldprobe.stats.subsample import evenly_spaced

RIDGE_PENALTIES = tuple(10.0 ** (k / 2) for k in range(15))
"""From 1 to 10^7: a pixel of the room varies by about 50 of 255."""
ROWS_AT_ONCE = 2048
"""Rows that are held in float64 at once, so that 100,000 frames of 3,072 pixels need no copies of their size."""
ROWS_LEFT_OUT = 20_000
"""Rows at most, evenly spread, whose leave-one-out errors choose a penalty."""
BOOTSTRAP_DRAWS = 500
FOLDS = 5
"""Parts that whole blocks are divided in where a penalty is chosen by leaving them out."""


@dataclass(frozen=True)
class LinearProbe:
    """An affine map x -> x @ weights + intercept."""

    weights: Float[np.ndarray, "features targets"]
    intercept: Float[np.ndarray, " targets"]

    def __call__(self, x: Real[np.ndarray, "N features"]) -> Float[np.ndarray, "N targets"]:
        """Return the probe's reading of every row."""
        return x @ self.weights + self.intercept


def fit_probe(
    x: Real[np.ndarray, "N features"],
    y: Float[np.ndarray, "N targets"],
    *,
    ridge: bool = False,
    blocks: Int[np.ndarray, " N"] | None = None,
) -> LinearProbe:
    """Fit least squares from x to y; `ridge` adds a penalty for each target, chosen by leave-one-out (for raw pixels).

    Where rows of a block depend on one another, blocks are left out, and a target that its mean predicts better than
    any penalty does is predicted by its mean.
    Raises ValueError with fewer points than features + 2 where there is no ridge: the fit would be in-sample.
    """
    if not ridge and len(x) < x.shape[1] + 2:
        raise ValueError(
            f"a probe on {x.shape[1]:,} features needs at least {x.shape[1] + 2:,} points, {len(x):,} were given"
        )
    y = y.astype(np.float64)
    if ridge and (blocks is None or len(np.unique(blocks)) < FOLDS):
        return _ridge(x, y)
    if ridge and blocks is not None:
        return _ridge_by_blocks(x.astype(np.float64), y, blocks)
    model = LinearRegression().fit(x.astype(np.float64), y)
    return LinearProbe(np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_))


def _ridge(x: Real[np.ndarray, "N features"], y: Float[np.ndarray, "N targets"]) -> LinearProbe:
    """Return the ridge probe with the penalty, for each target, of least leave-one-out error.

    As scikit-learn's RidgeCV for one target, whose search over penalties costs four fifths of the time at 3,072 pixels:
    here the rows are rotated onto the principal axes once, and every penalty is then a division. Of more rows than
    features only the sums of their products are kept.
    """
    centre, mean = x.mean(axis=0, dtype=np.float64), y.mean(axis=0)
    wanted, wide = y - mean, len(x) < x.shape[1]

    def centred(rows: slice | Int[np.ndarray, " k"]) -> Float[np.ndarray, "k features"]:
        return x[rows].astype(np.float64) - centre

    if wide:
        gram = centred(slice(None)) @ centred(slice(None)).T
    else:
        gram, products = np.zeros((x.shape[1], x.shape[1])), np.zeros((x.shape[1], y.shape[1]))
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = centred(slice(start, start + ROWS_AT_ONCE))
            gram += rows.T @ rows
            products += rows.T @ wanted[start : start + ROWS_AT_ONCE]
    values, vectors = np.linalg.eigh(gram)
    values = values.clip(0.0)
    scale = np.sqrt(values) if wide else np.ones_like(values)
    side = scale[:, None] * (vectors.T @ (wanted if wide else products))
    along = side / (values + np.array(RIDGE_PENALTIES)[:, None])[..., None]
    shrunk = 1.0 / (values + np.array(RIDGE_PENALTIES)[:, None])
    errors, left_out = np.zeros((len(RIDGE_PENALTIES), y.shape[1])), evenly_spaced(len(x), ROWS_LEFT_OUT)
    for chosen in np.array_split(left_out, -(-len(left_out) // ROWS_AT_ONCE)):
        rotated = vectors[chosen] * scale if wide else centred(chosen) @ vectors
        kept = 1.0 - 1.0 / len(x) - shrunk @ (rotated**2).T
        errors += (((wanted[chosen] - rotated @ along) / kept[..., None]) ** 2).sum(axis=1)
    best = along[errors.argmin(axis=0), :, np.arange(y.shape[1])].T
    weights = vectors @ best
    if wide:
        weights = centred(slice(None)).T @ (vectors @ (best / np.sqrt(values.clip(1e-300))[:, None]))
    return LinearProbe(weights, mean - centre @ weights)


def _ridge_by_blocks(
    x: Float[np.ndarray, "N features"], y: Float[np.ndarray, "N targets"], blocks: Int[np.ndarray, " N"]
) -> LinearProbe:
    """Return the ridge probe with the penalty, for each target, of least error on blocks that were left out."""
    number = np.unique(blocks, return_inverse=True)[1]
    fold = number * FOLDS // (int(number.max()) + 1)
    errors = np.zeros((len(RIDGE_PENALTIES) + 1, y.shape[1]))
    for left_out in range(FOLDS):
        fitted, scored = fold != left_out, fold == left_out
        path = _ridge_path(x[fitted], y[fitted])
        for place, probe in enumerate(path):
            errors[place] += ((y[scored] - probe(x[scored])) ** 2).sum(axis=0)
    best, path = errors.argmin(axis=0), _ridge_path(x, y)
    columns = np.arange(y.shape[1])
    weights = np.stack([probe.weights for probe in path])[best, :, columns].T
    return LinearProbe(weights, np.stack([probe.intercept for probe in path])[best, columns])


def _ridge_path(x: Float[np.ndarray, "N features"], y: Float[np.ndarray, "N targets"]) -> list[LinearProbe]:
    """Return the ridge probe of every penalty, and the one that predicts the mean."""
    centre, mean = x.mean(axis=0), y.mean(axis=0)
    rows, found = x - centre, []
    wide = len(x) < x.shape[1]
    values, vectors = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    side = vectors.T @ (y - mean if wide else rows.T @ (y - mean))
    for penalty in RIDGE_PENALTIES:
        along = vectors @ (side / (values.clip(0.0) + penalty)[:, None])
        weights = rows.T @ along if wide else along
        found.append(LinearProbe(weights, mean - centre @ weights))
    return [*found, LinearProbe(np.zeros((x.shape[1], y.shape[1])), mean)]


def never_worse_than_the_mean(
    truth: Float[np.ndarray, "N n"], read: Float[np.ndarray, "N n"]
) -> Float[np.ndarray, "N n"]:
    """Return what was read, and the mean of the truth in the columns that the reading is further from.

    For a reference that says what the observations show at least: whoever reads worse than the mean would say the mean.
    """
    worse = r2_per_column(truth, read) < 0.0
    return np.where(worse, truth.mean(axis=0), read)


def bootstrap_r2(
    truth: Float[np.ndarray, "N n"],
    read: Float[np.ndarray, "N n"],
    rng: np.random.Generator,
    blocks: Int[np.ndarray, " N"] | None = None,
) -> tuple[tuple[float, float], Float[np.ndarray, "n 2"]]:
    """Return 95 % percentile intervals of the mean R^2 and of every column's, resampling the points.

    Where points of a block depend on one another, whole blocks are resampled.
    """
    weights = bootstrap_weights(len(truth), rng, blocks)
    truth, read = truth.astype(np.float64), read.astype(np.float64)
    variance = weights @ truth**2 - (weights @ truth) ** 2
    draws = r2_from_errors(weights @ (truth - read) ** 2, variance)
    low, high = np.percentile(draws.mean(axis=1), [2.5, 97.5])
    return (float(low), float(high)), np.percentile(draws, [2.5, 97.5], axis=0).T


def bootstrap_weights(
    points: int, rng: np.random.Generator, blocks: Int[np.ndarray, " N"] | None = None
) -> Float[np.ndarray, "draws N"]:
    """Return the weight of every point in every resampling: multinomial over points, or over whole blocks of them."""
    # Moments under multinomial weights turn 500 resamplings into four matrix products.
    if blocks is None:
        return rng.multinomial(points, np.full(points, 1 / points), size=BOOTSTRAP_DRAWS) / points
    number = np.unique(blocks, return_inverse=True)[1]
    count = int(number.max()) + 1
    weights = rng.multinomial(count, np.full(count, 1 / count), size=BOOTSTRAP_DRAWS)[:, number].astype(np.float64)
    return weights / weights.sum(axis=1, keepdims=True)
