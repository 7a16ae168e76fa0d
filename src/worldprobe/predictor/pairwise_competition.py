"""Which states an encoder gives up for nonlinear features, judged pair by pair: closed forms for any number of states.

Let h be the plain map (Gaussian coordinates, decorrelated, rotated to where lagged correlations do not mix), r_k the
pair correlation of h_k, and q_ij that of the product h_i h_j (of h_i^2 - 1 for i = j). Along the field on Hermite
products of degrees (2, 1) that keeps N(0, I), the total pair correlation changes to second order by
(q_ij - r_i + 2 (q_ii - r_j)) / 3 (docs/predictor.md), so the linear map is a local optimum among Gaussian maps where

    m_ij = r_i - q_ij + 2 (r_j - q_ii) > 0    for every slow i and fast j,

and for a single direction where m_ii = r_i - q_ii > 0: else a fold is better aligned. Beyond the bound the best map
known folds the slow direction and gives up the fast one; what that leaves of both is taken from the fold's closed form.
Few pairs leave r and q uncertain: each q is shrunk towards the product r_i r_j that Ornstein-Uhlenbeck pairs have, and
a margin within its error counts by its probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr
from scipy.stats import t as student

LEFT_OF_SLOW, LEFT_OF_FAST = 0.5, 0.1
"""R^2 left of the direction that a fold folds, and of the one that it gives up (trained encoders: .55, .15)."""

PRIOR = 0.1
"""Standard deviation of q_ij about r_i r_j from log to log: what a measured q is weighed against."""

ROWS_AT_ONCE = 2048
BLOCKS = 20
MOST_PAIRS = 20_000


@dataclass(frozen=True)
class Competition:
    """Pair correlations of directions and of their products, and the share of each direction that is kept."""

    correlations: Float[np.ndarray, " d"]
    products: Float[np.ndarray, "d d"]
    kept: Float[np.ndarray, " d"]
    """The share of every direction's R^2 that is expected to be kept."""
    least: Float[np.ndarray, " d"]
    most: Float[np.ndarray, " d"]
    """Its ends: the share at margins two errors lower, and two errors higher."""
    margin: float
    """The smallest margin, over its error."""
    products_shared: bool
    """Whether the members of a pair share more of some product than sampling error alone gives to so many."""


def competition(
    one: Float[np.ndarray, "pairs d"], two: Float[np.ndarray, "pairs d"], inflation: float = 1.0
) -> Competition:
    """Judge every pair of directions of whitened features at the two members of pairs, in the order of the log.

    Errors are over `BLOCKS` blocks of consecutive pairs; `inflation` multiplies them where a block is shorter than the
    log's decorrelation time.
    """
    every = -(-len(one) // MOST_PAIRS)
    products = _products(one[::every], two[::every])
    r, q = products.correlations, products.of_products
    r_blocks, q_blocks = products.blocks, products.blocks_of_products
    error_q = _error(q_blocks) * inflation
    weight = PRIOR**2 / (PRIOR**2 + error_q**2)
    shrunk = weight * q + (1.0 - weight) * np.outer(r, r)
    along = r_blocks[:, :, None] * r[None, None, :]
    shrunk_blocks = weight * q_blocks + (1.0 - weight) * (along + along.transpose(0, 2, 1))
    margins, errors = _margins(r, shrunk), inflation * _error(_margins(r_blocks, shrunk_blocks))
    errors = errors.clip(1e-6)
    kept, least, most = (_kept(r, margins + shift * errors, errors) for shift in (0.0, -2.0, 2.0))
    return Competition(
        r,
        shrunk,
        kept,
        np.minimum(least, kept),
        np.maximum(most, kept),
        float((margins / errors).min()),
        _beyond_chance(q, error_q),
    )


def _beyond_chance(q: Float[np.ndarray, "d d"], errors: Float[np.ndarray, "d d"]) -> bool:
    """Return whether the largest of these correlations exceeds what chance gives to one in a hundred samples."""
    count = len(q) * (len(q) + 1) // 2
    return bool((np.abs(q) > student.ppf(1.0 - 0.005 / count, BLOCKS - 1) * errors).any())


@dataclass(frozen=True)
class _Products:
    """Pair correlations of directions and of their products, and how each block of pairs moves them (influence)."""

    correlations: Float[np.ndarray, " d"]
    of_products: Float[np.ndarray, "d d"]
    blocks: Float[np.ndarray, "blocks d"]
    blocks_of_products: Float[np.ndarray, "blocks d d"]


def _products(one: Float[np.ndarray, "pairs d"], two: Float[np.ndarray, "pairs d"]) -> _Products:
    d = one.shape[1]
    upper = np.triu_indices(d)
    linear = _linear_parts(np.concatenate([one, two]), upper)
    ends = np.linspace(0, len(one), BLOCKS + 1).astype(int)
    sums = np.stack([_block_sums(one[a:b], two[a:b], upper, linear) for a, b in pairwise(ends)])
    lagged, square = sums[:, 0], sums[:, 1]
    total = np.maximum(square.sum(axis=0), 1e-300)
    all_of = lagged.sum(axis=0) / total
    influence = BLOCKS * (lagged - all_of * square) / total
    full, moved = np.zeros((d, d)), np.zeros((BLOCKS, d, d))
    full[upper], moved[:, upper[0], upper[1]] = all_of[d:], influence[:, d:]
    diagonal = np.eye(d, dtype=bool)
    return _Products(
        all_of[:d],
        full + np.where(diagonal, 0.0, full.T),
        influence[:, :d],
        moved + np.where(diagonal, 0.0, moved.transpose(0, 2, 1)),
    )


def _linear_parts(
    both: Float[np.ndarray, "both d"], upper: tuple[np.ndarray, np.ndarray]
) -> Float[np.ndarray, "d_and_one products"]:
    """Return the regression of every product on the directions and a constant."""
    basis = np.column_stack([np.ones(len(both)), both])
    read = np.zeros((basis.shape[1], len(upper[0])))
    for start in range(0, len(both), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        read += basis[rows].T @ (both[rows][:, upper[0]] * both[rows][:, upper[1]])
    found: np.ndarray = np.linalg.lstsq(basis.T @ basis, read, rcond=None)[0]
    return found


def _block_sums(
    one: Float[np.ndarray, "pairs d"],
    two: Float[np.ndarray, "pairs d"],
    upper: tuple[np.ndarray, np.ndarray],
    linear: Float[np.ndarray, "d_and_one products"],
) -> Float[np.ndarray, "2 features"]:
    """Return the sums of f f' and of (f^2 + f'^2) / 2 over a block: of the directions, then of their products."""
    a, b = (
        np.concatenate([x, x[:, upper[0]] * x[:, upper[1]] - np.column_stack([np.ones(len(x)), x]) @ linear], axis=1)
        for x in (one, two)
    )
    return np.stack([(a * b).sum(axis=0), 0.5 * ((a * a).sum(axis=0) + (b * b).sum(axis=0))])


def _error(blocks: Float[np.ndarray, "blocks ..."]) -> Float[np.ndarray, "..."]:
    found: np.ndarray = blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))
    return found


def _margins(
    r: Float[np.ndarray, "*blocks d"], q: Float[np.ndarray, "*blocks d d"]
) -> Float[np.ndarray, "*blocks d d"]:
    """Return m_ij, row i the slow direction; on the diagonal, each direction's margin over its own square."""
    own = np.diagonal(q, axis1=-2, axis2=-1)
    margins = r[..., :, None] - q + 2.0 * (r[..., None, :] - own[..., :, None])
    found: np.ndarray = np.where(np.eye(r.shape[-1], dtype=bool), (r - own)[..., :, None], margins)
    return found


def _kept(
    r: Float[np.ndarray, " d"], margins: Float[np.ndarray, "d d"], errors: Float[np.ndarray, "d d"]
) -> Float[np.ndarray, " d"]:
    """Return the share of every direction that is kept: what its rivals take, weighed by probability.

    A fast direction that is given up makes room for the fold of one slow direction, the one with the smallest margin.
    """
    lost = ndtr(-margins / errors)
    slower = r[:, None] >= r[None, :]
    np.fill_diagonal(slower, False)
    taken = np.where(slower, lost, 0.0)
    partner, every = np.where(slower, margins, np.inf).argmin(axis=0), np.arange(len(r))
    as_fast = taken[partner, every]
    as_slow = np.zeros(len(r))
    np.maximum.at(as_slow, partner, as_fast)
    found: np.ndarray = (
        (1.0 - (1.0 - LEFT_OF_FAST) * as_fast) * (1.0 - (1.0 - LEFT_OF_SLOW) * as_slow) * (1.0 - np.diag(lost))
    )
    return found
