"""Holes: combinations of two controls that are never visited although each control's values are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.trajectory import Log
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.stats.whitening import whitened

HOLE = check(
    "hole",
    "Is every combination of two controls visited?",
    because="Recovery is measured on canonical draws; in a hole that was never visited an encoder interpolates.",
    past="above",
    warn=0.02,
    fail=0.25,
    calibration="Share of the cells of two controls' ranks, after whitening, that hold less than a tenth of their "
    "share of the frames; cells are so large that 8 independent draws fall into each. At 1,000 draws a disc of radius "
    ".5 sd that is left out gives .04, of 1 sd .08, points on a circle .67; without a hole it is 0.",
)
DRAWS_PER_CELL, LEAST_SHARE = 8.0, 0.1
FEWEST_CELLS, MOST_CELLS = 4, 24
"""Cells along each control."""
FRAMES, ATOM = 100_000, 0.05
"""Frames that are counted; the share of them from which one value makes a control discrete or idle."""


def holes(log: Log, rng: np.random.Generator) -> list[Gate]:
    """Return the gate on the pair of controls with the largest hole; none where draws are few for four cells each.

    Discrete controls and those that idle at one value have no holes of this kind, and are left out.
    """
    log = log.moving
    draws = float(log.effective.min()) if log.names else 0.0
    cells = int(min(np.sqrt(draws / DRAWS_PER_CELL), MOST_CELLS))
    own = [i for i in range(len(log.names)) if _continuous(log, i)]
    if cells < FEWEST_CELLS or len(own) < 2:
        return []
    white = whitened(log.x[evenly_spaced(len(log.x), FRAMES)][:, own])
    codes = [_cells(column, cells, rng) for column in white.T]
    shares = {}
    for a, b in combinations(range(len(own)), 2):
        held = np.bincount(codes[a] * cells + codes[b], minlength=cells**2) * cells**2 / len(white)
        shares[a, b] = float((held < LEAST_SHARE).mean())
    worst = max(shares, key=lambda pair: shares[pair])
    one, two = (log.names[own[place]] for place in worst)
    advice = (
        f"{shares[worst]:.0%} of the combinations of {one} and {two} are never visited, though each of their values "
        "is. Find what keeps the exploration away (an obstacle, a rule of the policy), and explore there."
    )
    return [HOLE.judge(f"{one} and {two}", shares[worst], advice, evidence={"cells along a control": cells})]


def _continuous(log: Log, i: int) -> bool:
    x = log.x[evenly_spaced(len(log.x), FRAMES), i]
    return bool(np.unique(x, return_counts=True)[1].max() < ATOM * len(x))


def _cells(x: Float[np.ndarray, " rows"], cells: int, rng: np.random.Generator) -> Int[np.ndarray, " rows"]:
    """Return each value's cell of equally many values; equal values are spread over cells at random."""
    order = rng.permutation(len(x))
    rank = np.empty(len(x), dtype=np.int64)
    rank[order[np.argsort(x[order], kind="stable")]] = np.arange(len(x))
    found: Int[np.ndarray, " rows"] = rank * cells // len(x)
    return found
