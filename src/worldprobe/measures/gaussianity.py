"""SIGReg's statistic of an embedding, as a z-score against Gaussian samples of the same size and dimension."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.stats.epps_pulley import GAUSSIAN, KNOTS, WEIGHTS
from worldprobe.stats.whitening import whitening_axes

SLICES, DRAWS = 128, 40
ROWS = 2048
"""At most so many rows are tested: with more, no finite training passes."""


def sigreg_score(h: Float[np.ndarray, "N d"], rng: np.random.Generator, *, whiten: bool = False) -> float:
    """Return (SIGReg(h) - mean) / sd, both over N(0, I) samples of h's shape, projected on the same directions.

    About 0 for draws from N(0, I), whatever N and d. Forgives rotation and reflection, not scale: an embedding that
    was never asked to be N(0, I) has thousands. `whiten` whitens h, and every Gaussian sample, first: then all linear
    maps are forgiven and the shape alone is asked for. Rows of one trajectory depend on one another, which raises it.
    """
    seen = white_components(h) if whiten else h.astype(np.float64)
    directions = rng.standard_normal((seen.shape[1], SLICES))
    directions /= np.linalg.norm(directions, axis=0)
    draws = (rng.standard_normal(seen.shape) for _ in range(DRAWS))
    null = [sigreg_statistic((white_components(draw) if whiten else draw) @ directions) for draw in draws]
    return float((sigreg_statistic(seen @ directions) - np.mean(null)) / np.std(null, ddof=1))


def sigreg_statistic(projected: Float[np.ndarray, "N slices"]) -> float:
    """Return N times the mean over projections of the Epps-Pulley distance to N(0, 1) (arXiv 2511.08544)."""
    step = np.exp(1j * KNOTS[1] * projected)
    power, total = np.ones_like(step), np.zeros(projected.shape[1])
    for weight, target in zip(WEIGHTS[1:], GAUSSIAN[1:], strict=True):  # at t = 0 both functions are 1
        power *= step
        total += weight * np.abs(power.mean(axis=0) - target) ** 2
    return float(len(projected) * total.mean())


def white_components(h: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N k"]:
    """Return h along its principal axes that vary, each of mean 0 and variance 1."""
    centred = h - h.mean(axis=0, dtype=np.float64)
    white: np.ndarray = centred @ whitening_axes(centred.T @ centred / len(h))
    return white
