"""How near the embeddings of the two members of a pair are, and what Theorem 3 makes of it; no labels needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

CHUNK = 1 << 15


@dataclass(frozen=True)
class Alignment:
    """Alignment of an embedding's pairs, and Theorem 3's terms where the states' pair correlation rho is known."""

    per_dimension: float
    """E|h' - h|^2 / d."""
    pair_correlation: float | None
    """1 - E|h' - h|^2 / (2 tr Cov h): 1 where members are the same, 0 where they are unrelated; None of a constant."""
    epsilon: float
    """||Cov h - I||_F: how far the embedding is from white."""
    rho: float | None
    delta: float | None
    """E|h' - h|^2 - 2 (1 - rho) tr Cov h: what alignment lost against a linear encoder."""
    d_term: float | None
    """D = delta / (2 rho (1 - rho))."""


def alignment(
    h: Float[np.ndarray, "rows d"],
    pairs: Int[np.ndarray, "pairs 2"],
    covariance: Float[np.ndarray, "d d"],
    rho: float | None,
) -> Alignment:
    """Return the alignment of the pairs of rows; raises ValueError where there are none.

    Forgives rotation. A collapsed embedding is perfectly aligned: read it with epsilon.
    """
    if not len(pairs):
        raise ValueError("there are no pairs")
    total = 0.0
    for first in range(0, len(pairs), CHUNK):
        part = pairs[first : first + CHUNK]
        total += float(((h[part[:, 1]].astype(np.float64) - h[part[:, 0]]) ** 2).sum())
    distance, trace = total / len(pairs), float(np.trace(covariance))
    epsilon = float(np.linalg.norm(covariance - np.eye(len(covariance))))
    delta = None if rho is None else distance - 2.0 * (1.0 - rho) * trace
    usable = rho is not None and 0.0 < rho < 1.0
    d_term = max(delta, 0.0) / (2.0 * rho * (1.0 - rho)) if usable and delta is not None and rho is not None else None
    correlation = 1.0 - distance / (2.0 * trace) if trace > 0.0 else None
    return Alignment(distance / h.shape[1], correlation, epsilon, rho, delta, d_term)
