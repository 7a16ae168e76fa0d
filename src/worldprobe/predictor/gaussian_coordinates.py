"""Every control in Gaussian coordinates: u = Phi^-1(F(z)), with F the distribution that the pairs show.

The transition operator does not care in which coordinates it is written, and in these the tails are always those of
N(0, 1): one basis serves every world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtr, ndtri

LEVELS = 2049
"""Points of a control's table, equally spaced in u: 0.004 apart for a million samples."""

STILL = 1e-6
"""A control with a smaller standard deviation never moves; controls are standardised, so this is a millionth of one."""


@dataclass(frozen=True)
class MonotoneMap:
    """One control's map z -> u, increasing and piecewise linear between `z` and `u`; straight on beyond them."""

    z: Float[np.ndarray, " levels"]
    u: Float[np.ndarray, " levels"]
    atom: float
    """The largest share of the samples that have one and the same value; such a control cannot be made Gaussian."""

    def __call__(self, z: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """Return the control in Gaussian coordinates; beyond the sampled range, straight on."""
        low, high = np.minimum(z - self.z[0], 0.0), np.maximum(z - self.z[-1], 0.0)
        return np.interp(z, self.z, self.u) + low * self._slope(-1) + high * self._slope(1)

    def outside(self, z: Float[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
        """Return which values lie beyond the sampled range, where F is not known."""
        return (z < self.z[0]) | (z > self.z[-1])

    def _slope(self, side: int) -> float:
        """Return du / dz beyond an end: over the outermost standard deviation of u, but no steeper than over all.

        A control that piles up at its limits is steep there, and no encoder continues so. 0 where there is one value.
        """
        if len(self.z) == 1:
            return 0.0
        if side < 0:
            inner, end = max(int(np.searchsorted(self.u, self.u[0] + 1.0)), 1), 0
            inner = min(inner, len(self.u) - 1)
        else:
            inner, end = min(int(np.searchsorted(self.u, self.u[-1] - 1.0)), len(self.u) - 2), -1
        whole = (self.u[-1] - self.u[0]) / (self.z[-1] - self.z[0])
        return float(min((self.u[end] - self.u[inner]) / (self.z[end] - self.z[inner]), whole))


def monotone_map(values: Float[np.ndarray, " N"]) -> MonotoneMap:
    """Fit z -> Phi^-1(F(z)), where F counts equal values by half: its mid-distribution function."""
    ordered = np.sort(values)
    count = len(ordered)
    reach = -ndtri(0.5 / count)
    at = np.rint(ndtr(np.linspace(-reach, reach, LEVELS)) * count - 0.5).astype(np.int64).clip(0, count - 1)
    z = np.unique(ordered[at])
    below, through = np.searchsorted(ordered, z, side="left"), np.searchsorted(ordered, z, side="right")
    return MonotoneMap(z, ndtri((below + through) / (2 * count)), float((through - below).max() / count))


@dataclass(frozen=True)
class Marginals:
    """The maps of all controls that move; a control that never moves has none."""

    moving: Bool[np.ndarray, " n"]
    maps: tuple[MonotoneMap, ...]
    axes: Float[np.ndarray, "moving moving"] | None = None
    """Columns along which the moving controls are independent; None where each control has its own coordinate."""

    def __call__(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N moving"]:
        """Return the moving controls in Gaussian coordinates."""
        columns = _columns(z, self.moving, self.axes)
        return np.stack([one(column) for one, column in zip(self.maps, columns, strict=True)], axis=1)

    def outside(self, z: Float[np.ndarray, "N n"]) -> Bool[np.ndarray, " N"]:
        """Return the points at which a coordinate leaves the range that the pairs have shown."""
        columns = _columns(z, self.moving, self.axes)
        return np.any([one.outside(column) for one, column in zip(self.maps, columns, strict=True)], axis=0)


def fit_marginals(
    pooled: Float[np.ndarray, "both n"], axes: Float[np.ndarray, "moving moving"] | None = None
) -> Marginals:
    """Fit the map of every control whose standard deviation exceeds `STILL`, or of their projections on the axes."""
    moving = pooled.std(axis=0) > STILL
    return Marginals(moving, tuple(monotone_map(column) for column in _columns(pooled, moving, axes)), axes)


def _columns(
    z: Float[np.ndarray, "N n"], moving: Bool[np.ndarray, " n"], axes: Float[np.ndarray, "moving moving"] | None
) -> Float[np.ndarray, "moving N"]:
    columns: np.ndarray = z[:, moving].T if axes is None else (z[:, moving] @ axes).T
    return columns
