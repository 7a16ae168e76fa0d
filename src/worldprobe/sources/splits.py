"""Which rows of a recording are trained on, held out, fitted by probes and scored: stretches that share no episode."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Int

from worldprobe._util.seeds import stream
from worldprobe.sources.source import SPLITS, Split

SHARES: dict[Split, float] = {"train": 0.7, "heldout": 0.1, "probe": 0.1, "test": 0.1}
"""Shares of the episodes, or of the rows where there are few episodes."""
FEW = 20
"""Fewer episodes than this are cut by their rows: whole ones would be too coarse."""
ROUNDS = 3
"""Times that every split must come round in a recording that is cut by its rows."""
MOST_ROUNDS = 20
ROUND_IN_GAPS = 20
"""A round is at least so many gaps long: the four in it leave out at most a fifth of the rows."""
LEAST_ROUND = 40
"""Rows of the shortest round."""

Starts = Int[np.ndarray, " episodes"]
Stretch = tuple[int, int]
"""The first row of a stretch, and the first after it."""


def whole_episodes(starts: Starts, rows: int) -> dict[Split, list[Stretch]]:
    """Return the splits as whole episodes, drawn at random, in the order of the recording."""
    ends = np.append(starts[1:], rows)
    order = stream(0, "recording", "splits").permutation(len(starts))
    edges = _edges(len(starts))
    return {
        split: [(int(starts[k]), int(ends[k])) for k in np.sort(order[low:high])]
        for split, low, high in zip(SPLITS, edges, edges[1:], strict=False)
    }


def rows_needed(gap: int) -> int:
    """Return how many rows a recording of few episodes needs where `gap` rows separate its splits."""
    return ROUNDS * _round(gap)


def interleaved(starts: Starts, rows: int, gap: int) -> dict[Split, list[Stretch]]:
    """Return the splits as stretches that alternate over the whole recording, `gap` rows apart, within an episode each.

    One contiguous tenth would be another part of the world than the one trained on; without gaps, rows on both sides of
    an edge would be nearly copies. Raises ValueError for fewer rows than `rows_needed`.
    """
    rounds = min(MOST_ROUNDS, rows // _round(gap))
    if rounds < ROUNDS:
        raise ValueError(f"{rows:,} rows are too few for gaps of {gap:,}: {rows_needed(gap):,} are needed")
    found: dict[Split, list[Stretch]] = {split: [] for split in SPLITS}
    turns = np.linspace(0, rows, rounds + 1).astype(np.int64).tolist()
    for start, stop in pairwise(turns):
        edges = _edges(stop - start - len(SPLITS) * gap)
        for place, split in enumerate(SPLITS):
            low, high = (start + place * gap + edge for edge in edges[place : place + 2])
            found[split] += _within_episodes(low, high, starts)
    return found


def _round(gap: int) -> int:
    return max(ROUND_IN_GAPS * gap, LEAST_ROUND)


def _edges(count: int) -> list[int]:
    return [round(count * share) for share in np.cumsum([0.0, *SHARES.values()])]


def _within_episodes(low: int, high: int, starts: Starts) -> list[Stretch]:
    inner = [int(start) for start in starts if low < start < high]
    edges = [low, *inner, high]
    return [(a, b) for a, b in pairwise(edges) if b > a]
