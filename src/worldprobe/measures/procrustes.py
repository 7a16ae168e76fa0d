"""How near the map from states to embedding is to a rotation and one scale, and whether warping each state would do.

Rectangular throughout: Q has orthonormal columns where d >= n, orthonormal rows where d < n.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.stats import norm, rankdata
from sklearn.isotonic import isotonic_regression

ROUNDS = 30
SETTLED = 1e-6
STRETCHES = 16


def procrustes_disparity(covariance: Float[np.ndarray, "p p"], d: int) -> float:
    """Return min over Q and scale s of E|h - s Q z|^2 / E|h|^2, centred: 0 for a rotation and scale of the states.

    1 - (sum of singular values of Cov(h, z))^2 / (tr Cov h tr Cov z), from the covariance of (h, z) with h first.
    Unrelated arrays have 1. White dimensions of h beyond the states count against it: h = (z, noise) has 1 - n / d; an
    embedding that keeps d < n of white states has 1 - d / n. Forgives translation, rotation, reflection, one scale.
    """
    shared = float(np.linalg.svd(covariance[:d, d:], compute_uv=False).sum())
    return _disparity(shared, float(np.trace(covariance[:d, :d])), float(np.trace(covariance[d:, d:])))


def warped_disparity(h: Float[np.ndarray, "N d"], z: Float[np.ndarray, "N n"]) -> float:
    """Return the smallest disparity over strictly rising functions of every state: 0 for h = s Q w(z).

    Alternates between the best rotation and isotonic regressions, from the states' normal scores, on every other one
    of 16 stretches of rows; the others are scored. Forgives, beyond what `procrustes_disparity` does, a monotone warp
    of every state, and so a part of a fold: the rising half of |z|.
    """
    fitted = np.arange(len(z)) * STRETCHES // len(z) % 2 == 0
    h = h.astype(np.float64) - h[fitted].mean(axis=0, dtype=np.float64)
    order = np.argsort(z[fitted], axis=0, kind="stable")
    w, q = normal_scores(z)[fitted], np.zeros((h.shape[1], z.shape[1]))
    before = 0.0
    for _ in range(ROUNDS):
        w = (w - w.mean(axis=0)) / np.maximum(w.std(axis=0), 1e-12)
        u, values, vt = np.linalg.svd(h[fitted].T @ w, full_matrices=False)
        q, kept = u @ vt, w
        if values.sum() < before * (1.0 + SETTLED):
            break
        before, turned = values.sum(), h[fitted] @ q
        w = np.stack([_rising(turned[:, i], order[:, i]) for i in range(z.shape[1])], axis=1)
    fresh = np.stack(
        [np.interp(z[~fitted, i], z[fitted, i][order[:, i]], kept[:, i][order[:, i]]) for i in range(z.shape[1])],
        axis=1,
    )
    # Warps count as of unit variance, which they have where they were fitted: elsewhere, one that fits noise has less.
    scored = h[~fitted] - h[~fitted].mean(axis=0)
    shared = max(float((scored @ q * fresh).sum()), 0.0)
    return _disparity(shared, float((scored**2).sum()), float(fresh.size))


def normal_scores(z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N n"]:
    """Return Gaussian quantiles of the ranks of every column: N(0, 1) margins, ties sharing their mean rank."""
    scores: np.ndarray = norm.ppf((rankdata(z, axis=0) - 0.5) / len(z))
    return scores


def _rising(y: Float[np.ndarray, " N"], order: np.ndarray) -> Float[np.ndarray, " N"]:
    found = np.empty_like(y)
    found[order] = isotonic_regression(y[order])
    return found


def _disparity(shared: float, of_h: float, of_z: float) -> float:
    return float(np.clip(1.0 - shared**2 / (of_h * of_z), 0.0, 1.0)) if of_h > 0.0 and of_z > 0.0 else 1.0
