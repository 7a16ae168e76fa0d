"""Maps onto N(0, I): one-dimensional rearrangements along a few rotated axes, as tables that any point can follow.

A round turns the points by an orthogonal Q and makes every coordinate N(0, 1) by its increasing rearrangement. A small
displacement is answered, to first order, by a sum of gradients of functions of one projection: a gradient field, and by
Helmholtz's decomposition the only one that restores the measure. Near N(0, I) the rounds are therefore the optimal
transport (Brenier's map) to first order; far from it, they still end at N(0, I).

Few axes and few levels, used again and again, keep what is fitted small beside the number of points: points that were
not fitted follow to the same measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

LEVELS = 33
BEYOND = 20
"""Points beyond the outermost level of a table; those go straight on."""

END = 4
"""Levels whose mean slope goes on beyond a table."""


@dataclass(frozen=True)
class Axes:
    """The rotations that rounds use in turn, and the standard normal levels of every table."""

    rotations: Float[np.ndarray, "axes d d"]
    levels: Float[np.ndarray, " levels"]

    @staticmethod
    def draw(d: int, points: int, rng: np.random.Generator) -> Axes:
        """Draw axes for d dimensions; in two, their angles are equally spaced."""
        reach = -ndtri(BEYOND / points)
        angles = np.pi / 12 * np.arange(6)
        if d == 1:
            rotations = np.ones((1, 1, 1))
        elif d == 2:
            rotations = np.moveaxis(
                np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]]), 2, 0
            )
        else:
            rotations = np.stack([np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(8)])
        return Axes(rotations, np.linspace(-reach, reach, LEVELS))


@dataclass(frozen=True)
class Rounds:
    """Rounds of rearrangements, from the axes' rotation `start` on: the values at which each level is reached."""

    axes: Axes
    start: int
    tables: Float[np.ndarray, "rounds d levels"]

    def __call__(self, x: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "N d"]:
        """Push points along."""
        for number, tables in enumerate(self.tables):
            rotation = self.axes.rotations[(self.start + number) % len(self.axes.rotations)]
            x = _rearranged(x @ rotation, tables, self.axes.levels) @ rotation.T
        return x


def gaussianise(
    x: Float[np.ndarray, "N d"], axes: Axes, rounds: int, start: int = 0
) -> tuple[Rounds, Float[np.ndarray, "N d"]]:
    """Return the rounds that take the distribution of x to N(0, I), and where they take x."""
    count, d = x.shape
    at = ndtr(axes.levels) * count - 0.5
    fitted = np.empty((rounds, d, len(axes.levels)))
    for number in range(rounds):
        rotation = axes.rotations[(start + number) % len(axes.rotations)]
        y = x @ rotation
        for axis, ordered in enumerate(np.sort(y, axis=0).T):
            fitted[number, axis] = np.interp(at, np.arange(count), ordered)
        x = _rearranged(y, fitted[number], axes.levels) @ rotation.T
    return Rounds(axes, start, fitted), x


def _rearranged(
    y: Float[np.ndarray, "N d"], tables: Float[np.ndarray, "d levels"], levels: Float[np.ndarray, " levels"]
) -> Float[np.ndarray, "N d"]:
    moved = np.empty_like(y)
    rise = levels[END] - levels[0]
    for axis, (column, table) in enumerate(zip(y.T, tables, strict=True)):
        low = np.minimum(column - table[0], 0.0) * rise / max(table[END] - table[0], 1e-12)
        high = np.maximum(column - table[-1], 0.0) * rise / max(table[-1] - table[-1 - END], 1e-12)
        moved[:, axis] = np.interp(column, table, levels) + low + high
    return moved


def distance_to_gaussian(h: Float[np.ndarray, "N d"], rng: np.random.Generator, directions: int = 32) -> float:
    """Return the mean squared 2-Wasserstein distance of h's projections on random directions to N(0, 1).

    0 for N(0, I) up to sampling (a few / N); 1 for a point mass.
    """
    unit = rng.standard_normal((h.shape[1], directions))
    projected = np.sort(h @ (unit / np.linalg.norm(unit, axis=0)), axis=0)
    normal = ndtri((np.arange(len(h)) + 0.5) / len(h))
    return float(((projected - normal[:, None]) ** 2).mean())
