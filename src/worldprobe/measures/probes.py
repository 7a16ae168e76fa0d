"""Linear probes: fitted on one set of points, scored on another, with a bootstrap over the scored points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import LinearRegression

from worldprobe.stats.r2 import r2_from_errors

RIDGE_PENALTIES = (1e1, 1e2, 1e3, 1e4, 1e5)
BOOTSTRAP_DRAWS = 500


@dataclass(frozen=True)
class LinearProbe:
    """An affine map x -> x @ weights + intercept."""

    weights: Float[np.ndarray, "features targets"]
    intercept: Float[np.ndarray, " targets"]

    def __call__(self, x: Float[np.ndarray, "N features"]) -> Float[np.ndarray, "N targets"]:
        """Return the probe's reading of every row."""
        return x @ self.weights + self.intercept


def fit_probe(
    x: Float[np.ndarray, "N features"], y: Float[np.ndarray, "N targets"], *, ridge: bool = False
) -> LinearProbe:
    """Fit least squares from x to y; `ridge` adds a penalty chosen by leave-one-out (for raw pixels).

    Raises ValueError with fewer points than features + 2 where there is no ridge: the fit would be in-sample.
    """
    if not ridge and len(x) < x.shape[1] + 2:
        raise ValueError(
            f"a probe on {x.shape[1]} features needs at least {x.shape[1] + 2} points, {len(x)} were given"
        )
    x, y = x.astype(np.float64), y.astype(np.float64)
    if ridge:
        return _ridge(x, y)
    model = LinearRegression().fit(x, y)
    return LinearProbe(np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_))


def _ridge(x: Float[np.ndarray, "N features"], y: Float[np.ndarray, "N targets"]) -> LinearProbe:
    """Return the ridge probe whose penalty has the least leave-one-out error, the mean over targets.

    As scikit-learn's RidgeCV, whose search over penalties costs four fifths of the time at 3,072 pixels: here the rows
    are rotated onto the principal axes once, and every penalty is then a division.
    """
    centre, mean = x.mean(axis=0), y.mean(axis=0)
    rows = x - centre
    if len(x) < x.shape[1]:
        values, vectors = np.linalg.eigh(rows @ rows.T)
        values = values.clip(0.0)
        rotated = vectors * np.sqrt(values)
    else:
        values, vectors = np.linalg.eigh(rows.T @ rows)
        rotated = rows @ vectors
    target, squares = rotated.T @ (y - mean), rotated**2
    best = (np.inf, target)
    for penalty in RIDGE_PENALTIES:
        along = target / (values + penalty)[:, None]
        kept = 1.0 - 1.0 / len(x) - squares @ (1.0 / (values + penalty))
        error = float(np.mean(((y - mean - rotated @ along) / kept[:, None]) ** 2))
        best = min(best, (error, along), key=lambda found: found[0])
    along = best[1]
    if len(x) < x.shape[1]:
        weights = rows.T @ (vectors @ (along / np.sqrt(values.clip(1e-300))[:, None]))
    else:
        weights = vectors @ along
    return LinearProbe(weights, mean - centre @ weights)


def bootstrap_r2(
    truth: Float[np.ndarray, "N n"], read: Float[np.ndarray, "N n"], rng: np.random.Generator
) -> tuple[tuple[float, float], Float[np.ndarray, "n 2"]]:
    """Return 95 % percentile intervals of the mean R^2 and of every column's, resampling the points."""
    # Multinomial weights are the bootstrap; moments under them turn 500 resamplings into four matrix products.
    weights = rng.multinomial(len(truth), np.full(len(truth), 1 / len(truth)), size=BOOTSTRAP_DRAWS) / len(truth)
    truth, read = truth.astype(np.float64), read.astype(np.float64)
    variance = weights @ truth**2 - (weights @ truth) ** 2
    draws = r2_from_errors(weights @ (truth - read) ** 2, variance)
    low, high = np.percentile(draws.mean(axis=1), [2.5, 97.5])
    return (float(low), float(high)), np.percentile(draws, [2.5, 97.5], axis=0).T
