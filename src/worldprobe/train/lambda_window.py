"""Between which weights of SIGReg an encoder can be trained: from collapse to a regulariser that drowns alignment.

Both edges are known before training. LeJEPA's alignment term is A = E|h - h'|^2 / 4d, for a linear embedding of
standard deviation s (1 - rho) s^2 / 2, and SIGReg of N samples N times a distance whose slope in s^2 at a point mass
is -K. At s = 0 the loss rises with s where (1 - lambda)(1 - rho) / 2 exceeds lambda N K: below

    lambda_collapse = p / (p + N K),    p = (1 - rho) / 2,    K = sum_j w_j t_j^2 (1 - exp(-t_j^2 / 2)) = 1.546,

a point is a minimum. Above, what tells a straight embedding from a bent one is alignment alone: one whose energy is all
of degree 2 pays rho p more (Theorem 3, arXiv 2605.26379), while SIGReg has the same value for both, of order 1, and
differs from batch to batch by as much. Past lambda_drowned = rho p its noise is larger than what is to be learned.
The first edge is exact for linear embeddings; the second is an order of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from worldprobe.errors import InvalidValue
from worldprobe.stats.epps_pulley import GAUSSIAN, KNOTS, WEIGHTS

SLOPE = float(WEIGHTS @ (KNOTS**2 * (1.0 - GAUSSIAN)))
"""K: how fast SIGReg falls, per sample, as a point mass begins to spread."""


@dataclass(frozen=True)
class LambdaWindow:
    """The weights of SIGReg below which embeddings collapse and above which alignment drowns."""

    collapse: float
    drowned: float

    @property
    def middle(self) -> float:
        """The geometric mean of the two: the weight that `lambda: auto` stands for."""
        return sqrt(self.collapse * self.drowned)


def lambda_window(rho: float, pairs: int) -> LambdaWindow:
    """Return the window for pairs of correlation rho, so many in a batch (SIGReg counts both members).

    Raises InvalidValue for a correlation outside 0 .. 1: nothing is shared within such a pair, or nothing moves.
    """
    if not 0.0 < rho < 1.0:
        raise InvalidValue("rho", round(rho, 4), "above 0 and below 1 for `lambda: auto`", "Give lambda a number.")
    price = (1.0 - rho) / 2.0
    return LambdaWindow(price / (price + 2 * pairs * SLOPE), rho * price)
