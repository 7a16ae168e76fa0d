"""Pairs in Gaussian coordinates, each coordinate to the nearest of a thousand values: functions become tables.

Rounding to cells 0.01 wide adds a variance of 8e-6 to a coordinate of variance 1, below every tolerance here; a
function of one coordinate is then evaluated a thousand times, whatever the number of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt16

from worldprobe.predictor.gaussian_coordinates import Marginals
from worldprobe.stats.jackknife import PairSample

CELLS = 1024


@dataclass(frozen=True)
class CellPairs:
    """The cell of every coordinate of both members of every pair, and the cells' centres."""

    first: UInt16[np.ndarray, "pairs n"]
    second: UInt16[np.ndarray, "pairs n"]
    centres: Float[np.ndarray, " cells"]

    def joint(self, coordinate: int) -> Float[np.ndarray, "cells cells"]:
        """Return the share of pairs in every pair of cells of one coordinate, with the pairs' mirror images."""
        flat = self.first[:, coordinate].astype(np.int64) * CELLS + self.second[:, coordinate]
        counts = np.bincount(flat, minlength=CELLS**2).reshape(CELLS, CELLS)
        return (counts + counts.T) / (2.0 * len(flat))


def cell_pairs(marginals: Marginals, z: PairSample) -> CellPairs:
    """Return the pairs in Gaussian coordinates, in cells that cover all of them."""
    first, second = marginals(z.first), marginals(z.second)
    reach = max(np.abs(first).max(), np.abs(second).max())
    centres = np.linspace(-reach, reach, CELLS)
    step = centres[1] - centres[0]
    first_cells, second_cells = (np.rint((u + reach) / step).astype(np.uint16) for u in (first, second))
    return CellPairs(first_cells, second_cells, centres)
