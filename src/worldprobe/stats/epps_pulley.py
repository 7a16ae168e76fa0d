"""The Epps-Pulley distance to N(0, 1): its quadrature, which SIGReg uses too, and its value for columns of numbers.

    integral over [-3, 3] of |phi_N(t) - exp(-t^2 / 2)|^2 exp(-t^2 / 2) dt,  phi_N the empirical characteristic function

by the trapezoid rule on 17 knots in [0, 3], doubled because the integrand is even (Epps & Pulley 1983; the knots are
those of LeJEPA, arXiv 2511.08544).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

KNOTS = np.linspace(0.0, 3.0, 17)

TRAPEZOID = KNOTS[1] * np.where((KNOTS[0] == KNOTS) | (KNOTS[-1] == KNOTS), 1.0, 2.0)
"""Trapezoid weights over [0, 3], doubled: every knot counts twice and the two ends once."""

GAUSSIAN = np.exp(-0.5 * KNOTS**2)
"""The characteristic function of N(0, 1) at the knots, which is also the statistic's weight function."""

WEIGHTS = GAUSSIAN * TRAPEZOID


_AT_ONCE = 1 << 14
"""Numbers whose powers are taken at once: they and their powers stay in a core's cache."""


def epps_pulley(x: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return each column's Epps-Pulley distance to N(0, 1) after its own mean and standard deviation are removed.

    SIGReg's statistic over N. A column that is constant has the distance of a point mass at 0.
    """
    sd = x.std(axis=0)
    return distance_to_normal((x - x.mean(axis=0)) / np.where(sd > 0.0, sd, 1.0))


def distance_to_normal(y: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return each column's Epps-Pulley distance to N(0, 1) as it is.

    exp(i t y) at equally spaced knots t is a power of its value at the first: one multiplication a knot.
    """
    sums = np.zeros((len(KNOTS) - 1, y.shape[1]), dtype=np.complex128)  # at t = 0 both functions are 1
    rows = max(1, _AT_ONCE // max(1, y.shape[1]))
    for start in range(0, len(y), rows):
        step = np.exp(1j * KNOTS[1] * y[start : start + rows])
        power = np.ones_like(step)
        for knot in sums:
            power *= step
            knot += power.sum(axis=0)
    apart: np.ndarray = np.abs(sums / len(y) - GAUSSIAN[1:, None]) ** 2
    return WEIGHTS[1:] @ apart
