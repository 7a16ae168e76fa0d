"""SIGReg's statistic of an embedding, as a z-score against Gaussian samples of the same size and dimension."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.stats.epps_pulley import distance_to_normal
from worldprobe.stats.whitening import whitening_axes

SLICES, DRAWS = 128, 40
ROWS = 2048
"""At most so many rows are tested: with more, no finite training passes."""


@dataclass(frozen=True)
class GaussianReference:
    """SIGReg's mean and sd over N(0, I) samples of one shape, and the directions that they were projected on."""

    directions: Float[np.ndarray, "d slices"]
    mean: float
    sd: float

    @classmethod
    def of(
        cls, rows: int, d: int, rng: np.random.Generator, prepare: Callable[[np.ndarray], np.ndarray] = np.asarray
    ) -> GaussianReference:
        """Draw 40 samples (rows, d), each prepared as the embedding is."""
        directions = rng.standard_normal((d, SLICES))
        directions /= np.linalg.norm(directions, axis=0)
        draws = (prepare(rng.standard_normal((rows, d))) @ directions for _ in range(DRAWS))
        null = [sigreg_statistic(draw) for draw in draws]
        return cls(directions, float(np.mean(null)), float(np.std(null, ddof=1)))

    def score(self, h: Float[np.ndarray, "N d"]) -> float:
        """Return (SIGReg(h) - mean) / sd."""
        return (sigreg_statistic(h.astype(np.float64) @ self.directions) - self.mean) / self.sd


def sigreg_score(h: Float[np.ndarray, "N d"], rng: np.random.Generator, *, whiten: bool = False) -> float:
    """Return (SIGReg(h) - mean) / sd, both over N(0, I) samples of h's shape, projected on the same directions.

    About 0 for draws from N(0, I), whatever N and d. Forgives rotation and reflection, not scale: an embedding that
    was never asked to be N(0, I) has thousands. `whiten` whitens h, and every Gaussian sample, first: then all linear
    maps are forgiven and the shape alone is asked for. Rows of one trajectory depend on one another, which raises it.
    """
    seen = white_components(h) if whiten else h
    prepare = white_components if whiten else np.asarray
    return GaussianReference.of(len(seen), seen.shape[1], rng, prepare).score(seen)


def sigreg_statistic(projected: Float[np.ndarray, "N slices"]) -> float:
    """Return N times the mean over projections of the Epps-Pulley distance to N(0, 1) (arXiv 2511.08544)."""
    return float(len(projected) * distance_to_normal(projected).mean())


def white_components(h: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N k"]:
    """Return h along its principal axes that vary, each of mean 0 and variance 1."""
    centred = h - h.mean(axis=0, dtype=np.float64)
    white: np.ndarray = centred @ whitening_axes(centred.T @ centred / len(h))
    return white
