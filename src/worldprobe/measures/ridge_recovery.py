"""Linear recovery from raw pixels: ridge, the penalty of every state chosen on the blocks that it is fitted to."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from worldprobe.measures.block_moments import NEGLIGIBLE, BlockMoments
from worldprobe.measures.linear_recovery import CrossFittedR2, score, squared_errors

PENALTIES = 10.0 ** np.arange(-4, 4)
"""In units of a pixel's variance."""

INNER = 4


def ridge_recovery(moments: BlockMoments, rng: np.random.Generator) -> CrossFittedR2:
    """Return the R^2 of the states under ridge regression on the first columns, penalties chosen within the fit."""
    return score(moments, moments.h, moments.z, lambda fold: _chosen(moments, fold), rng)


def _chosen(moments: BlockMoments, fold: int) -> Float[np.ndarray, "d n"]:
    """Return the weights of every state under the penalty with the least error in a cross-validation of its own."""
    fitted = np.flatnonzero((moments.fold != fold) & (moments.count > 0))
    whole = _weights(moments, fitted)
    if len(fitted) < INNER:
        return whole[len(PENALTIES) // 2]
    error = np.zeros((len(PENALTIES), whole.shape[2]))
    for held in range(INNER):
        rest, mine = np.delete(fitted, np.s_[held::INNER]), moments.merged(fitted[held::INNER])
        mean = moments.total[rest].sum(axis=0) / moments.count[rest].sum()
        for place, weights in enumerate(_weights(moments, rest)):
            shift = mean[moments.z] - mean[moments.h] @ weights
            error[place] += squared_errors(mine, np.array([0]), mine.h, mine.z, weights, shift)[0]
    return np.stack([whole[choice, :, state] for state, choice in enumerate(np.argmin(error, axis=0))], axis=1)


def _weights(moments: BlockMoments, blocks: Int[np.ndarray, " k"]) -> Float[np.ndarray, "penalties d n"]:
    """Return the ridge weights under every penalty, from one eigendecomposition."""
    covariance = moments.covariance(blocks)
    values, vectors = np.linalg.eigh(covariance[moments.h, moments.h])
    kept = values > NEGLIGIBLE * max(values[-1], np.finfo(float).tiny)
    v = vectors[:, kept]
    along = v.T @ covariance[moments.h, moments.z]
    return np.stack([v @ (along / (values[kept] + penalty)[:, None]) for penalty in PENALTIES])
