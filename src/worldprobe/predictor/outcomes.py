"""Two outcomes of the same state and action: what turns the prediction of an embedding into the alignment of a pair.

With its best predictor, the loss of an action-conditioned world model is tr Cov h(z') - tr Cov E[h(z') | z, a]. Let z'
and z'' be independent given (z, a): then E h(z')^T h(z'') = tr E |E[h | z, a]|^2, so that the loss is half of
E|h(z') - h(z'')|^2. What is ideal for it is what is ideal for the alignment of such pairs: the operator is T* T, with T
the conditional expectation from (z, a) to z', and its eigenvalues are the squares of T's singular values. Of Gaussian
states they are products of squared canonical correlations (arXiv 2607.22430).

A log shows one outcome of every state and action. Where the noise is additive the other one is made: z'' = m(z, a) + w,
with m fitted to the log and w another row's residual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int
from sklearn.preprocessing import PolynomialFeatures

from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs
from worldprobe.stats.whitening import whitening_axes

FOLDS = 2
PER_FEATURE = 20
"""Rows for each feature of the transition from which a fit of that many is tried."""
BETTER = 0.99
"""A richer transition is taken where its squared error on rows that it was not fitted to is below this share."""


@dataclass(frozen=True)
class Outcomes:
    """Two outcomes for every pair of state and action: one that was seen, one that might have been."""

    seen: Float64[np.ndarray, "pairs n"]
    other: Float64[np.ndarray, "pairs n"]
    degree: int
    """Of the polynomial in state and action that was fitted: 1 or 2."""


def outcomes(
    first: Float[np.ndarray, "pairs n"],
    actions: Float[np.ndarray, "pairs a"],
    second: Float[np.ndarray, "pairs n"],
    groups: Int[np.ndarray, " pairs"],
    rng: np.random.Generator,
) -> Outcomes:
    """Return z' and another outcome z'' of each state and action; no group is fitted on itself.

    The transition is linear, or of degree 2 where that errs less on rows that it was not fitted to.
    """
    known = np.concatenate([first, actions], axis=1).astype(np.float64)
    spread = known.std(axis=0)
    known = (known - known.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    seen = second.astype(np.float64)
    fold = rng.integers(0, FOLDS, groups.max() + 1)[groups]
    degree, expected = 1, _expected(known, seen, fold, 1)
    if len(seen) >= PER_FEATURE * PolynomialFeatures(2).fit(known[:1]).n_output_features_:
        richer = _expected(known, seen, fold, 2)
        if ((seen - richer) ** 2).sum() < BETTER * ((seen - expected) ** 2).sum():
            degree, expected = 2, richer
    residual = seen - expected
    return Outcomes(seen, expected + residual[rng.permutation(len(residual))], degree)


def outcome_pairs(pairs: Pairs, rng: np.random.Generator) -> Pairs:
    """Return pairs of two outcomes of one state and action: those whose alignment is ideal for prediction.

    Pairs without an action are left out. Pairs of one clip are drawn as if they were independent. Raises InvalidValue
    where the pairs carry no actions, ValueError for too few of them.
    """
    if pairs.actions is None:
        raise InvalidValue("actions", None, "pairs with actions", "Without actions nothing is predicted from them.")
    usable = np.isfinite(pairs.actions).all(axis=1)
    groups = np.unique(pairs.chains[usable], return_inverse=True)[1]
    made = outcomes(pairs.first[usable], pairs.actions[usable], pairs.second[usable], groups, rng)
    controls = np.stack([made.seen, made.other], axis=1).reshape(-1, made.seen.shape[1]).astype(np.float32)
    return Pairs(controls, np.arange(len(controls)).reshape(-1, 2))


def canonical_correlations(
    first: Float[np.ndarray, "pairs n"], actions: Float[np.ndarray, "pairs a"], second: Float[np.ndarray, "pairs n"]
) -> Float64[np.ndarray, " n"]:
    """Return the canonical correlations between (z, a) and z', largest first (Hotelling 1936).

    Directions in which nothing varies have none and are left out of either side.
    """
    x, y = np.concatenate([first, actions], axis=1).astype(np.float64), second.astype(np.float64)
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    wx, wy = whitening_axes(x.T @ x / len(x)), whitening_axes(y.T @ y / len(y))
    found = np.linalg.svd(wx.T @ (x.T @ y / len(x)) @ wy, compute_uv=False)
    return np.concatenate([found, np.zeros(max(y.shape[1] - len(found), 0))])[: y.shape[1]].clip(0.0, 1.0)


def _expected(
    known: Float64[np.ndarray, "pairs k"], seen: Float64[np.ndarray, "pairs n"], fold: np.ndarray, degree: int
) -> Float64[np.ndarray, "pairs n"]:
    """Return E[z' | z, a], of every fold as fitted on the others."""
    design = PolynomialFeatures(degree).fit_transform(known)
    found = np.empty_like(seen)
    for own in range(FOLDS):
        mine = fold == own
        found[mine] = design[mine] @ np.linalg.lstsq(design[~mine], seen[~mine], rcond=None)[0]
    return found
