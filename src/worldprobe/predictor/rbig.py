"""Rotation-based iterative Gaussianisation (RBIG): maps onto N(0, I), kept as tables so that any point can be mapped.

Laparra, Camps-Valls & Malo 2011 (IEEE Trans. Neural Networks 22, 537). A round rotates the points by an orthogonal Q
and makes every coordinate N(0, 1) by its increasing rearrangement. A small displacement is undone, to first order, by a
sum of gradients of functions of one projection: a gradient field, and by Helmholtz's decomposition the only one that
restores the measure. Near N(0, I) the rounds are therefore the optimal transport (Brenier's map) to first order; far
from it, they still end at N(0, I).

Every third round takes the axes along which the points are least Gaussian: random directions of many dimensions are
nearly Gaussian whatever the points are. The others take a few fixed axes in turn, and tables have few levels: what is
fitted stays small compared with the number of points, and points that were not fitted follow to the same measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

from worldprobe.predictor.increasing_maps import interpolated, quantiles
from worldprobe.stats.whitening import inverse_root

LEVELS = 33
BEYOND = 20
"""Points beyond the outermost level of a table; the map is linear there, with the mean slope of the OUTER levels."""

OUTER = 4
STEEPEST = 2.0
"""Beyond its ends a table is at most so many times as steep as on the whole: few points must not set the slope."""
FIXED_AXES = 6
PURSUED = 3
"""Of so many rounds, one takes the least Gaussian axes."""

AXES_TO = 1e-3
"""Entries of the least Gaussian axes are rounded to multiples of this: on points that are nearly N(0, I) the iteration
is chaotic, and would raise differences of last bits (another number of threads, another processor) to visible ones."""

Rotation = Float[np.ndarray, "d d"]


@dataclass(frozen=True)
class GaussianisationRound:
    """A rotation, and the values along its axes at which each of the standard normal levels is reached."""

    rotation: Rotation
    table: Float[np.ndarray, "d levels"]
    levels: Float[np.ndarray, " levels"]

    def __call__(self, x: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d"]:
        """Map points."""
        return self.turned(x @ self.rotation)

    def turned(self, y: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d"]:
        """Map points that are given along the round's axes, in place, and return them along their own."""
        slopes = [[self._slope(own[: OUTER + 1], own), self._slope(own[-1 - OUTER :], own)] for own in self.table]
        interpolated(y, self.table, self.levels, np.array(slopes))
        return y @ self.rotation.T

    def _slope(self, outer: Float[np.ndarray, " some"], table: Float[np.ndarray, " levels"]) -> float:
        """Return the mean slope of the outer levels, limited to STEEPEST times that of the whole table."""
        reach = self.levels[-1] - self.levels[0]
        steepest = STEEPEST * reach / (table[-1] - table[0])
        width = float(outer[-1] - outer[0])
        return min(steepest, reach * OUTER / (LEVELS - 1) / width) if width > 0.0 else float(steepest)


@dataclass(frozen=True)
class GaussianisationMap:
    """Rounds of RBIG, one after the other."""

    rounds: tuple[GaussianisationRound, ...]

    def __call__(self, x: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d"]:
        """Map points."""
        for one in self.rounds:
            x = one(x)
        return x


@dataclass
class IterativeGaussianisation:
    """Fits RBIG rounds that map distributions in d dimensions to N(0, I), with the same axes in turn."""

    axes: tuple[Rotation, ...]
    rng: np.random.Generator
    done: int = 0

    @staticmethod
    def of(d: int, rng: np.random.Generator) -> IterativeGaussianisation:
        """Draw the axes for d dimensions; in two, their angles are equally spaced."""
        if d == 1:
            return IterativeGaussianisation((np.ones((1, 1)),), rng)
        if d == 2:
            turns = [(np.cos(angle), np.sin(angle)) for angle in np.pi / 2 * np.arange(FIXED_AXES) / FIXED_AXES]
            return IterativeGaussianisation(tuple(np.array([[c, -s], [s, c]]) for c, s in turns), rng)
        return IterativeGaussianisation(tuple(_orthogonal(d, rng) for _ in range(FIXED_AXES)), rng)

    def gaussianise(
        self, x: Float[np.ndarray, "N d"], rounds: int
    ) -> tuple[GaussianisationMap, Float[np.ndarray, "N d"]]:
        """Return rounds that map the distribution of x to N(0, I), and the mapped x; one round is enough for d = 1."""
        count, d = x.shape
        reach = -ndtri(BEYOND / count)
        levels = np.linspace(-reach, reach, LEVELS)
        at = ndtr(levels) * count - 0.5
        found = []
        for _ in range(rounds if d > 1 else 1):
            rotation = self._next(x)
            y = x @ rotation
            found.append(GaussianisationRound(rotation, quantiles(y, at), levels))
            x = found[-1].turned(y)
        return GaussianisationMap(tuple(found)), x

    def _next(self, x: Float[np.ndarray, "N d"]) -> Rotation:
        self.done += 1
        if x.shape[1] > 1 and self.done % PURSUED == 0:
            return coarse_axes(least_gaussian_axes(x, self.rng))
        return self.axes[self.done % len(self.axes)]


def least_gaussian_axes(x: Float[np.ndarray, "N d"], rng: np.random.Generator, steps: int = 6) -> Rotation:
    """Return orthogonal axes along which nearly white points look least Gaussian.

    A few steps of the fixed-point iteration of independent component analysis with a tanh contrast, all axes at once
    (Hyvarinen 1999): for points that are already N(0, I) they are random axes.
    """
    white = x - x.mean(axis=0)
    rotation = _orthogonal(x.shape[1], rng)
    for _ in range(steps):
        response = np.tanh(white @ rotation)
        slopes = 1.0 - np.einsum("nd,nd->d", response, response) / len(x)  # half the time of a mean over axis 0
        u, _, vt = np.linalg.svd(white.T @ response / len(x) - rotation * slopes)
        rotation = u @ vt
    return rotation


def coarse_axes(rotation: Rotation) -> Rotation:
    """Return orthogonal axes near these, the same for all rotations that agree to about `AXES_TO`."""
    u, _, vt = np.linalg.svd(np.rint(rotation / AXES_TO) * AXES_TO)
    coarse: Rotation = u @ vt
    return coarse


def _orthogonal(d: int, rng: np.random.Generator) -> Rotation:
    return np.linalg.qr(rng.standard_normal((d, d)))[0]


def distance_to_gaussian(h: Float[np.ndarray, "N d"], rng: np.random.Generator) -> float:
    """Return the mean squared 2-Wasserstein distance to N(0, 1) of h's projections on its least Gaussian axes.

    0 for N(0, I) up to sampling (a few / N); 1 for a point mass. The axes are sought after whitening, from three
    random starts; the distance is that of the worst.
    """
    centred = h - h.mean(axis=0)
    white = centred @ inverse_root(np.cov(centred, rowvar=False).reshape(h.shape[1], -1))
    normal = ndtri((np.arange(len(h)) + 0.5) / len(h))[:, None]
    pursued = [coarse_axes(least_gaussian_axes(white, rng)) for _ in range(3)]
    return max(float(((np.sort(h @ own, axis=0) - normal) ** 2).mean()) for own in pursued)
