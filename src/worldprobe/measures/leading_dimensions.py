"""How many directions an embedding uses, and how much of the states its leading ones hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from worldprobe.measures.block_moments import BlockMoments
from worldprobe.measures.linear_recovery import cross_fit


def effective_rank(covariance: Float[np.ndarray, "d d"]) -> float:
    """Return exp of the entropy of the covariance's normalised eigenvalues: d for a white embedding, 1 for a line.

    Forgives rotation, translation and one scale. Roy and Vetterli (2007) take singular values, which count small
    directions for more. Noise has full rank: a high rank says nothing of the states.
    """
    values = np.clip(np.linalg.eigvalsh(covariance), 0.0, None)
    p = values[values > 0] / values.sum()
    return float(np.exp(-(p * np.log(p)).sum())) if len(p) else 0.0


def recovery_by_dimensions(moments: BlockMoments, rng: np.random.Generator) -> list[tuple[int, float]]:
    """Return the linear R^2 of the 1, 2, 4 ... d leading principal directions of the embedding, and of n.

    Where it is flat beyond n, the states lie in the directions of most variance; where it goes on rising, they are
    spread thin.
    """
    d, n = moments.d, moments.total.shape[1] - moments.d
    _, vectors = np.linalg.eigh(moments.covariance_in_units()[:d, :d])
    turn = np.eye(d + n)
    turn[:d, :d] = moments.scale[:d, None] * vectors[:, ::-1]
    turned = replace(moments, total=moments.total @ turn, gram=turn.T @ moments.gram @ turn)
    sizes = sorted({1 << k for k in range(d.bit_length())} | {n, d})
    return [(k, cross_fit(turned, slice(0, k), moments.z, rng, draws=2).mean) for k in sizes if k <= d]
