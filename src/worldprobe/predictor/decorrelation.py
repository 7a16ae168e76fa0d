"""Independent groups of a log by its decorrelation time: a long episode is many draws, if not as many as rows.

A log in one piece has one chain of pairs. Rows further apart than the decorrelation time are nearly independent, so
runs of that length serve as the groups that error bars are made from, as clips do elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.stats.jackknife import BLOCKS
from worldprobe.stats.mid_ranks import mid_ranks
from worldprobe.stats.sampling_error import correlation_time

FEWEST_GROUPS = 2 * BLOCKS
"""Groups that error bars are made from."""

MOST_PAIRS = 250_000
"""Pairs, evenly spaced, that the time is estimated from; it is then at least their distance."""

TOGETHER = 8
"""States in memory at a time."""

TIMES = 2.0
"""Decorrelation times in a run: neighbouring runs of so many share a quarter of a draw."""


@dataclass(frozen=True)
class Decorrelated:
    """Runs of neighbouring pairs, and what they are worth."""

    labels: Int[np.ndarray, " pairs"]
    """Which run each pair belongs to."""
    rows: float
    """The decorrelation time of the slowest state, in pairs."""
    draws: float
    """How many independent draws the pairs amount to."""
    inflation: float
    """What error bars over these runs are to be multiplied by: above 1 where runs are shorter than they should be."""


def decorrelated(first: Float[np.ndarray, "pairs n"], chains: Int[np.ndarray, " pairs"] | None) -> Decorrelated:
    """Cut pairs, in the order in which they were visited, into runs of `TIMES` decorrelation times, within chains.

    The time is the integrated autocorrelation time (by blocking) of the slowest state, by ranks, or of its distance
    from the middle. Where that leaves fewer than `FEWEST_GROUPS` runs they are made shorter, and `inflation` says by
    how much errors over them are too small.
    """
    count = len(first)
    every = -(-count // MOST_PAIRS)
    few = first[::every]
    slow = every * max(_slowest(few[:, states : states + TOGETHER]) for states in range(0, few.shape[1], TOGETHER))
    wanted = max(TIMES * slow, 1.0)
    length = int(np.clip(np.ceil(wanted), 1, max(count // FEWEST_GROUPS, 1)))
    chain = np.zeros(count, dtype=np.int64) if chains is None else chains
    starts = np.concatenate([[True], chain[1:] != chain[:-1]])
    place = np.arange(count) - np.flatnonzero(starts)[np.cumsum(starts) - 1]
    cut = starts | (place % length == 0)
    return Decorrelated(np.cumsum(cut) - 1, slow, count / slow, float(np.sqrt(max(wanted / length, 1.0))))


def _slowest(z: Float[np.ndarray, "rows n"]) -> float:
    """Return the longest correlation time of a state's ranks or of their distance from the middle."""
    ranks = mid_ranks(z) - 0.5
    return float(correlation_time(np.concatenate([ranks, np.abs(ranks)], axis=1)).max())
