"""What theory says of a pair distribution and an embedding: the optimum of alignment, and Theorem 3's bound."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.results import Bound

APPLIES = "Ornstein-Uhlenbeck pairs, one pair correlation, as many dimensions as controls"
"""Why the theorem applies, where it does: what the caller of these functions has made sure of."""


def alignment_optimum(pair_correlation: Float[np.ndarray, " n"]) -> float:
    """Return 2 (1 - mean rho): E|h - h'|^2 per dimension of a whitened linear encoder (Theorem 1, arXiv 2605.26379)."""
    return float(2.0 * (1.0 - np.mean(pair_correlation)))


def theorem3_bound(h: Float[np.ndarray, "pairs d"], h_next: Float[np.ndarray, "pairs d"], rho: float) -> Bound:
    """Return Theorem 3's bound from the embeddings of the two members of Gaussian pairs with correlation rho.

    Raises ValueError unless 0 < rho < 1: the theorem divides by rho (1 - rho).
    """
    both = np.concatenate([h, h_next]).astype(np.float64)
    covariance = np.atleast_2d(np.cov(both, rowvar=False))
    alignment = float(((h_next.astype(np.float64) - h) ** 2).sum(axis=1).mean())
    return bound_from_moments(alignment, covariance, rho)


def bound_from_moments(alignment: float, covariance: Float[np.ndarray, "d d"], rho: float) -> Bound:
    """Return Theorem 3's bound from E||h' - h||^2 and Cov h, for Gaussian pairs with correlation rho.

    Raises ValueError unless 0 < rho < 1: the theorem divides by rho (1 - rho).
    """
    if not 0 < rho < 1:
        raise ValueError(f"Theorem 3 needs 0 < rho < 1, not {rho:g}")
    delta = alignment - 2.0 * (1.0 - rho) * float(np.trace(covariance))
    epsilon = float(np.linalg.norm(covariance - np.eye(len(covariance))))
    # A finite sample can put delta below zero, where theory cannot; the bound is that of delta = 0.
    d = max(delta, 0.0) / (2.0 * rho * (1.0 - rho))
    return Bound(applies=True, reason=APPLIES, delta=delta, epsilon=epsilon, value=d + (epsilon + d) ** 2)
