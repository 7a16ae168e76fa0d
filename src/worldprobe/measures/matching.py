"""MCC: the mean correlation of states with dimensions of the embedding, each state with one dimension of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata


@dataclass(frozen=True)
class Matching:
    """Mean |correlation| over the states under the best matching; a state without a dimension counts 0."""

    pearson: float
    spearman: float


def mean_correlation(h: Float[np.ndarray, "N d"], z: Float[np.ndarray, "N n"]) -> Matching:
    """Return the MCC of Pearson's and of Spearman's correlation, each under its own best matching.

    Forgives permutation, sign and scale of dimensions; Spearman's a monotone warp of each as well. A rotation lowers
    it although nothing is lost (by 45 degrees in two dimensions: 0.71); many dimensions and few rows raise it by
    chance, and correlated states share their match.
    """
    ranks = rankdata(h, axis=0), rankdata(z, axis=0)
    return Matching(_matched(h.astype(np.float64), z.astype(np.float64)), _matched(*ranks))


def _matched(h: Float[np.ndarray, "N d"], z: Float[np.ndarray, "N n"]) -> float:
    h0, z0 = _unit(h), _unit(z)
    correlation = np.abs(h0.T @ z0)
    rows, columns = linear_sum_assignment(correlation, maximize=True)
    return float(correlation[rows, columns].sum() / z.shape[1])


def _unit(x: Float[np.ndarray, "N k"]) -> Float[np.ndarray, "N k"]:
    centred = x - x.mean(axis=0)
    norm = np.linalg.norm(centred, axis=0)
    unit: np.ndarray = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    return unit
