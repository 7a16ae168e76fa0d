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


def epps_pulley(x: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " k"]:
    """Return each column's Epps-Pulley distance to N(0, 1) after its own mean and standard deviation are removed.

    SIGReg's statistic over N. A column that is constant has the distance of a point mass at 0.
    """
    sd = x.std(axis=0)
    y = (x - x.mean(axis=0)) / np.where(sd > 0.0, sd, 1.0)
    distance = np.zeros(x.shape[1])
    for t, weight, target in zip(KNOTS, WEIGHTS, GAUSSIAN, strict=True):
        distance += weight * ((np.cos(t * y).mean(axis=0) - target) ** 2 + np.sin(t * y).mean(axis=0) ** 2)
    return distance
