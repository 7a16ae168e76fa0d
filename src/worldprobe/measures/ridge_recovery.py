"""Linear recovery from raw pixels: ridge, the penalty of every state chosen on the blocks that it is fitted to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from worldprobe.measures.block_moments import BlockMoments, least_squares
from worldprobe.measures.linear_recovery import CrossFittedR2, score
from worldprobe.measures.row_blocks import NOWHERE

PENALTIES = tuple(10.0**power for power in range(-4, 4))
"""In units of a pixel's variance."""

INNER = 4


def ridge_recovery(moments: BlockMoments, rng: np.random.Generator) -> CrossFittedR2:
    """Return the R^2 of the states under ridge regression on the first columns, penalties chosen within the fit."""
    weights = {fold: _chosen(moments, fold, rng) for fold in sorted(set(moments.fold.tolist()) - {NOWHERE})}
    return score(moments, moments.h, moments.z, lambda fold: weights[fold], rng)


def _chosen(moments: BlockMoments, fold: int, rng: np.random.Generator) -> Float[np.ndarray, "d n"]:
    """Return the weights of every state under the penalty with the least error in a cross-validation of its own."""
    fitted = np.flatnonzero(moments.fold != fold)
    inner = replace(
        moments,
        count=moments.count[fitted],
        total=moments.total[fitted],
        gram=moments.gram[fitted],
        fold=np.arange(len(fitted)) % INNER,
    )
    whole = moments.covariance(fitted)
    if len(fitted) < INNER:
        return least_squares(whole, moments.h, moments.z, PENALTIES[len(PENALTIES) // 2])
    r2 = np.stack([_inner(inner, penalty, rng) for penalty in PENALTIES])
    best = np.argmax(np.nan_to_num(r2, nan=-np.inf), axis=0)
    found = [least_squares(whole, moments.h, moments.z, penalty) for penalty in PENALTIES]
    return np.stack([found[choice][:, state] for state, choice in enumerate(best)], axis=1)


def _inner(moments: BlockMoments, penalty: float, rng: np.random.Generator) -> Float[np.ndarray, " n"]:
    def fit(fold: int) -> Float[np.ndarray, "d n"]:
        return least_squares(moments.covariance(np.flatnonzero(moments.fold != fold)), moments.h, moments.z, penalty)

    return score(moments, moments.h, moments.z, fit, rng, draws=2).r2
