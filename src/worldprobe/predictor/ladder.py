"""A sequence of growing bases, as far as the sample supports them; the answer must agree on the last two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import ndtr

from worldprobe._util.progress import Advance
from worldprobe.predictor.basis import ProductBasis
from worldprobe.predictor.binned_pairs import CellPairs, cell_pairs
from worldprobe.predictor.edmd import adapted_basis
from worldprobe.predictor.gaussian_coordinates import Marginals
from worldprobe.predictor.moments import Moments, moments
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.stats.jackknife import BLOCKS, PairSample

RUNGS = ((1.5, 16), (2.0, 32), (2.5, 64), (3.0, 128))
"""Reach of the knots in Gaussian coordinates, and how many products at most."""

BEYOND = 100
"""A rung is climbed where at least so many members of pairs lie beyond its outermost knots, on either side."""

LEAST_EFFECTIVE = 1000.0
"""A product of several controls' functions that lives on fewer members of pairs than this is left out."""

LEAST_BLOCKS = BLOCKS / 2
"""So is one whose variance lies in fewer blocks: where clips are long, a few of them are thousands of pairs."""


@dataclass(frozen=True)
class Evidence:
    """The pairs, in the controls and in Gaussian coordinates, and the size of the embedding that is asked for."""

    z: PairSample
    marginals: Marginals
    cells: CellPairs
    joints: tuple[Float[np.ndarray, "cells cells"], ...]
    d: int
    names: tuple[str, ...]
    """Of the controls."""

    @property
    def moving(self) -> Bool[np.ndarray, " n"]:
        """Which controls move at all."""
        return self.marginals.moving


def evidence(z: PairSample, marginals: Marginals, d: int, names: tuple[str, ...]) -> Evidence:
    """Put the pairs into Gaussian coordinates."""
    cells = cell_pairs(marginals, z)
    joints = tuple(cells.joint(coordinate) for coordinate in range(cells.first.shape[1]))
    return Evidence(z, marginals, cells, joints, d, names)


@dataclass(frozen=True)
class Level:
    """One rung: its functions, and their moments at the pairs."""

    basis: ProductBasis
    moments: Moments


def pairs_for(rung: int) -> int:
    """Return how many pairs a rung needs."""
    return int(np.ceil(BEYOND / 2 / ndtr(-RUNGS[rung][0])))


def climb(evidence: Evidence, advance: Advance = unseen) -> list[Level]:
    """Return every rung that the sample supports and that has at least d functions."""
    levels = []
    for rung, (reach, functions) in enumerate(RUNGS):
        if len(evidence.z) >= pairs_for(rung):
            level = _level(evidence, reach, functions)
            advance(1, f"{len(level.basis):,} functions")
            if len(level.basis) >= evidence.d:
                levels.append(level)
    return levels


def _level(evidence: Evidence, reach: float, functions: int) -> Level:
    basis = adapted_basis(evidence.joints, evidence.cells.centres, reach, max(functions, 2 * evidence.d))
    cells, tabled = evidence.cells, basis.tabled(evidence.cells.centres)
    found = moments(lambda rows: (tabled(cells.first[rows]), tabled(cells.second[rows])), evidence.z)
    of_one = np.count_nonzero(basis.index, axis=1) == 1
    spread = (found.effective() >= LEAST_EFFECTIVE) & (found.blocks() >= LEAST_BLOCKS)
    kept = np.flatnonzero(of_one | spread)
    return Level(basis.chosen(kept), found.chosen(kept))
