"""DCI: is every dimension about one state (disentanglement), and every state in one dimension (completeness)?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso

PENALTY = 0.01
"""Lasso's, for columns of unit variance: weights below about this are 0."""


@dataclass(frozen=True)
class DCI:
    """Disentanglement and completeness of the importances |W|, and informativeness, the linear R^2; all 1 at best."""

    disentanglement: float
    completeness: float
    informativeness: float


def dci(h: Float[np.ndarray, "N d"], z: Float[np.ndarray, "N n"], r2: float) -> DCI:
    """Return DCI (Eastwood and Williams, ICLR 2018) with a sparse linear probe; `r2` is the linear recovery.

    Importances are |weights| of a Lasso from standardised h to standardised z. Disentanglement is 1 - entropy (base n)
    of each dimension's importances, weighted by their sum; completeness is 1 - entropy (base d) of each state's, mean
    over the states. Both are 0 where nothing is important. Forgives permutation, sign and scale of dimensions. A
    rotation lowers both although nothing is lost; of a linear probe's importances, a state that is coded nonlinearly
    is invisible.
    """
    x, y = _standard(h), _standard(z)
    with warnings.catch_warnings():
        # Where dimensions repeat one another the last digits are slow to settle; an entropy needs two of them.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe = Lasso(alpha=PENALTY, fit_intercept=False, precompute=True).fit(x, y)
    importance = np.abs(probe.coef_).reshape(z.shape[1], h.shape[1])
    of_dimension, of_state = importance.sum(axis=0), importance.sum(axis=1)
    if not of_dimension.any():
        return DCI(0.0, 0.0, r2)
    disentangled = 1.0 - _entropy(importance.T)
    complete = np.where(of_state > 0, 1.0 - _entropy(importance), 0.0)
    return DCI(float(disentangled @ of_dimension / of_dimension.sum()), float(complete.mean()), r2)


def _entropy(weights: Float[np.ndarray, "rows k"]) -> Float[np.ndarray, " rows"]:
    """Return the entropy of every row, between 0 and 1; 0 where there is only one column."""
    if weights.shape[1] == 1:
        return np.zeros(len(weights))
    total = weights.sum(axis=1, keepdims=True)
    p = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    entropy: np.ndarray = -(p * np.log(np.where(p > 0, p, 1.0))).sum(axis=1) / np.log(weights.shape[1])
    return entropy


def _standard(x: Float[np.ndarray, "N k"]) -> Float[np.ndarray, "N k"]:
    spread = x.std(axis=0, dtype=np.float64)
    return (x - x.mean(axis=0, dtype=np.float64)) / np.where(spread > 0, spread, 1.0)
