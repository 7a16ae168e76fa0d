"""Linear recovery, both ways: the R^2 of probes that are scored on episodes that they have never seen.

Forgives any invertible linear map of the embedding. Says nothing of how the states are arranged in it: a rotation, a
scale, a shear and redundant dimensions all have R^2 = 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.measures.block_moments import BlockMoments, least_squares
from worldprobe.measures.row_blocks import NOWHERE

DRAWS = 1000
"""Bootstrap resamples of the blocks."""


@dataclass(frozen=True)
class CrossFittedR2:
    """R^2 per target, pooled over the scored blocks, with 95 % intervals from resampling the blocks.

    NaN stands for a target that is constant where it is scored: R^2 is not defined there.
    """

    r2: Float[np.ndarray, " targets"]
    ci95: Float[np.ndarray, "targets 2"]
    mean: float
    """Mean over the targets that vary."""
    mean_ci95: tuple[float, float]
    block_error: Float[np.ndarray, " blocks"]
    """Squared error of every scored block, in units of each target's variance, summed over targets and rows."""


def linear_recovery(moments: BlockMoments, rng: np.random.Generator) -> CrossFittedR2:
    """Return the R^2 of the states read linearly from the embedding, h -> z.

    Raises ValueError where fewer rows than d + 2 are left to fit on.
    """
    return cross_fit(moments, moments.h, moments.z, rng)


def linear_coding(moments: BlockMoments, rng: np.random.Generator) -> CrossFittedR2:
    """Return the R^2 of every dimension of the embedding read linearly from the states, z -> h."""
    return cross_fit(moments, moments.z, moments.h, rng)


def cross_fit(
    moments: BlockMoments, x: slice, y: slice, rng: np.random.Generator, *, draws: int = DRAWS
) -> CrossFittedR2:
    """Return R^2 of y on x: every fold's blocks are scored by least squares on the blocks of the other folds."""
    features = moments.total[:, x].shape[1]

    def fit(fold: int) -> Float[np.ndarray, "p m"]:
        fitted = np.flatnonzero(moments.fold != fold)
        rows = int(moments.count[fitted].sum())
        if rows < features + 2:
            raise ValueError(
                f"a probe on {features:,} features needs at least {features + 2:,} rows, {rows:,} are left"
            )
        return least_squares(moments.covariance(fitted), x, y)

    return score(moments, x, y, fit, rng, draws=draws)


def score(
    moments: BlockMoments,
    x: slice,
    y: slice,
    fit: Callable[[int], Float[np.ndarray, "p m"]],
    rng: np.random.Generator,
    *,
    draws: int = DRAWS,
) -> CrossFittedR2:
    """Return R^2 of y read from x with the weights that `fit` gives for every fold, fitted without that fold."""
    scored = np.flatnonzero(moments.fold != NOWHERE)
    squared = np.empty((len(scored), moments.total[:, y].shape[1]))
    for fold in sorted(set(moments.fold[scored].tolist())):
        fitted = np.flatnonzero(moments.fold != fold)
        weights = fit(fold)
        mean = moments.total[fitted].sum(axis=0) / moments.count[fitted].sum()
        mine = np.flatnonzero(moments.fold[scored] == fold)
        squared[mine] = squared_errors(moments, scored[mine], x, y, weights, mean[y] - mean[x] @ weights)
    return _resampled(moments, scored, y, squared, rng, draws)


def squared_errors(
    moments: BlockMoments,
    blocks: Int[np.ndarray, " k"],
    x: slice,
    y: slice,
    weights: Float[np.ndarray, "p m"],
    intercept: Float[np.ndarray, " m"],
) -> Float[np.ndarray, "k m"]:
    """Return the sum of (y - x w - b)^2 over every block's rows, from its moments."""
    gram, total = moments.gram[blocks], moments.total[blocks]
    of_y = np.einsum("bii->bi", gram[:, y, y])
    cross = np.einsum("bpm,pm->bm", gram[:, x, y], weights)
    of_x = np.einsum("bpm,pm->bm", gram[:, x, x] @ weights, weights)
    shift = moments.count[blocks, None] * intercept**2
    shift = shift - 2.0 * intercept * total[:, y] + 2.0 * intercept * (total[:, x] @ weights)
    return np.maximum(of_y - 2.0 * cross + of_x + shift, 0.0)


def _resampled(
    moments: BlockMoments,
    blocks: Int[np.ndarray, " k"],
    y: slice,
    squared: Float[np.ndarray, "k m"],
    rng: np.random.Generator,
    resamples: int,
) -> CrossFittedR2:
    count, total = moments.count[blocks], moments.total[blocks][:, y]
    square = np.einsum("bii->bi", moments.gram[blocks][:, y, y])
    once = np.ones((1, len(blocks)))
    often = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=resamples).astype(np.float64)
    point, draws = (_r2(weights, count, total, square, squared) for weights in (once, often))
    varies = np.isfinite(point[0])
    if not varies.any():
        blank = np.full((len(point[0]), 2), np.nan)
        return CrossFittedR2(point[0], blank, np.nan, (np.nan, np.nan), np.zeros(len(blocks)))
    low, high = np.nanpercentile(np.nanmean(draws[:, varies], axis=1), [2.5, 97.5])
    each = np.full((len(varies), 2), np.nan)
    each[varies] = np.nanpercentile(draws[:, varies], [2.5, 97.5], axis=0).T
    spread = square.sum(axis=0) - total.sum(axis=0) ** 2 / count.sum()
    errors = (squared[:, varies] / spread[varies]).sum(axis=1)
    return CrossFittedR2(point[0], each, float(point[0][varies].mean()), (float(low), float(high)), errors)


def _r2(
    weights: Float[np.ndarray, "draws k"],
    count: Float[np.ndarray, " k"],
    total: Float[np.ndarray, "k m"],
    square: Float[np.ndarray, "k m"],
    squared: Float[np.ndarray, "k m"],
) -> Float[np.ndarray, "draws m"]:
    """Return 1 - error / variance under weights of the blocks; NaN where the target does not vary."""
    n = weights @ count
    spread = weights @ square - (weights @ total) ** 2 / np.maximum(n, 1.0)[:, None]
    varies = spread > 1e-12 * np.maximum(weights @ square, 1e-300)
    return np.where(varies, 1.0 - (weights @ squared) / np.where(varies, spread, 1.0), np.nan)
