"""Controls that are linear mixtures of independent ones: coordinates along the axes on which they are independent.

Where a control is a mixture, its own Gaussian coordinate is not one of the ideal embedding's. Making such coordinates
jointly Gaussian by rearrangements yields a Gaussian map, but another one than the aligned map of the independent
components, which independent component analysis finds (Comon 1994; Hyvarinen 1999).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.predictor.gaussian_coordinates import Marginals, fit_marginals
from worldprobe.predictor.rbig import distance_to_gaussian, least_gaussian_axes
from worldprobe.stats.whitening import inverse_root

MOST_EQUAL = 0.01
"""Share of equal values of a control beyond which it has no density, and mixtures are not sought."""

USED = 40_000
"""Points from which the axes are found."""

JUDGED = 10_000
"""Points at which coordinates are judged to be jointly Gaussian."""

STARTS, STEPS = 4, 60
"""Of the fixed-point iteration; 60 steps end within a sampling error of the fixed point."""

JOINTLY_GAUSSIAN = 2e-3
"""Mean squared Wasserstein distance of projections below which coordinates count as jointly Gaussian."""


def unmixed(marginals: Marginals, pooled: Float[np.ndarray, "both n"], rng: np.random.Generator) -> Marginals:
    """Return Gaussian coordinates along independent axes where the controls' own are not jointly Gaussian.

    Otherwise the same marginals: controls that depend on one another in another way have no such axes.
    """
    some = rng.permutation(len(pooled))[:USED]
    judged = pooled[some[:JUDGED]]
    if int(marginals.moving.sum()) < 2 or max(own.atom for own in marginals.maps) > MOST_EQUAL:
        return marginals
    if _distance(marginals, judged, rng) <= JOINTLY_GAUSSIAN:
        return marginals
    moving = pooled[some][:, marginals.moving]
    centred = moving - moving.mean(axis=0)
    scale = centred.std(axis=0)
    white = inverse_root(np.cov(centred / scale, rowvar=False))
    if np.linalg.matrix_rank(white) < len(white):
        return marginals
    points = (centred / scale) @ white
    best, least = marginals, JOINTLY_GAUSSIAN
    for _ in range(STARTS):
        rotation = least_gaussian_axes(points, rng, steps=STEPS)
        found = fit_marginals(pooled, (white @ rotation) / scale[:, None])
        distance = _distance(found, judged, rng)
        if distance <= least:
            best, least = found, distance
    return best


def _distance(marginals: Marginals, points: Float[np.ndarray, "N n"], rng: np.random.Generator) -> float:
    """Return how far the decorrelated coordinates are from N(0, I)."""
    u = marginals(points)
    u = u - u.mean(axis=0)
    return distance_to_gaussian(u @ inverse_root(np.cov(u, rowvar=False)), rng)
