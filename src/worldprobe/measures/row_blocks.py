"""Rows in blocks that share no episode: what probes are fitted on, what they are scored on, what is resampled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from worldprobe.stats.subsample import evenly_spaced

BLOCKS = 40
"""Blocks of the rows: enough for a bootstrap over them."""

FOLDS = 5
"""Every block is scored once, by a probe that was fitted on the blocks of the other four folds."""

LEAST_EPISODES = 2 * FOLDS
"""With fewer episodes than this, every episode is cut into stretches with gaps between them."""

LEAST_ROWS = 40
"""Rows below which no interval is worth its digits."""

NOWHERE = -1


@dataclass(frozen=True)
class RowBlocks:
    """Which block a row belongs to, -1 for rows in a gap; in which fold a block is scored, -1 where it only fits."""

    block: Int[np.ndarray, " rows"]
    fold: Int[np.ndarray, " blocks"]

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return len(self.fold)

    @property
    def folds(self) -> list[int]:
        """The folds, each of which is scored once."""
        return sorted({fold for fold in self.fold.tolist() if fold != NOWHERE})

    def rows(self, block: int) -> Int[np.ndarray, " k"]:
        """Return the rows of a block, in order."""
        return np.flatnonzero(self.block == block)

    def at(self, rows: Int[np.ndarray, " k"]) -> RowBlocks:
        """Return the blocks of some of the rows; a block that none of them lies in stays, empty."""
        return RowBlocks(self.block[rows], self.fold)

    def fitted(self, fold: int) -> Int[np.ndarray, " k"]:
        """Return the rows that a probe scored on `fold` is fitted to."""
        return np.flatnonzero((self.block != NOWHERE) & (self.fold[self.block] != fold))

    @property
    def rows_to_fit(self) -> int:
        """The rows that the fold with the fewest is fitted to; 0 without folds."""
        return min((len(self.fitted(fold)) for fold in self.folds), default=0)

    def scored(self, fold: int) -> Int[np.ndarray, " k"]:
        """Return the rows that are scored in `fold`."""
        return np.flatnonzero((self.block != NOWHERE) & (self.fold[self.block] == fold))


def check_rows_to_fit(blocks: RowBlocks, features: int) -> None:
    """Raise ValueError where some fold's probe on so many features has too few rows: with as many, R^2 is in-sample."""
    if blocks.rows_to_fit < features + 2:
        raise ValueError(
            f"a probe on {features:,} features needs at least {features + 2:,} rows, {blocks.rows_to_fit:,} are left"
        )


def spread_over(rows: Int[np.ndarray, " k"], at_most: int) -> Int[np.ndarray, " few"]:
    """Return at most so many of the rows, evenly spread over them, in order."""
    return rows[evenly_spaced(len(rows), at_most)]


def trajectory_blocks(
    starts: Int[np.ndarray, " episodes"], z: Float[np.ndarray, "rows n"], rng: np.random.Generator
) -> RowBlocks:
    """Return blocks of whole episodes, drawn at random; of stretches with gaps where there are fewer than 10 episodes.

    Neighbouring rows of a trajectory are nearly copies: rows drawn one by one would put copies on both sides of a
    split. A gap is as long as the states need to lose their correlation, at most a quarter of a stretch.

    Raises ValueError for fewer than 40 rows.
    """
    rows = len(z)
    if rows < LEAST_ROWS:
        raise ValueError(f"{rows} rows are too few for a probe and its interval: {LEAST_ROWS} or more are needed")
    lengths = np.diff(np.append(starts, rows))
    if len(starts) >= LEAST_EPISODES:
        return _whole_episodes(starts, lengths, rng)
    return _stretches(starts, lengths, decorrelation_rows(z, starts))


def independent_blocks(rows: int) -> RowBlocks:
    """Return blocks of consecutive rows, for rows that are drawn independently of one another."""
    block = np.arange(rows) * min(BLOCKS, rows) // rows
    return RowBlocks(block, np.arange(int(block[-1]) + 1) % FOLDS)


def probe_and_test_blocks(probe: int, test: int) -> RowBlocks:
    """Return blocks to fit on, of the first `probe` rows, and blocks of the `test` rows after them, which are scored.

    For independent rows that come as two sets, a world's canonical ones: the probe never sees the test set.
    """
    fitted = min(BLOCKS, probe)
    of_probe = np.arange(probe) * fitted // probe
    of_test = fitted + np.arange(test) * min(BLOCKS, test) // test
    fold = np.zeros(int(of_test[-1]) + 1, dtype=np.int64)
    fold[:fitted] = NOWHERE
    return RowBlocks(np.concatenate([of_probe, of_test]), fold)


def decorrelation_rows(z: Float[np.ndarray, "rows n"], starts: Int[np.ndarray, " episodes"]) -> int:
    """Return the smallest power of two at which every state's autocorrelation is below 1 / e, or half of all rows."""
    centred = z - z.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    moving = variance > 0
    episode = np.zeros(len(z), dtype=np.int64)
    episode[starts[1:]] = 1
    episode = np.cumsum(episode)
    lag = 1
    while lag < len(z) // 2:
        within = episode[lag:] == episode[:-lag]
        if not within.any():
            break
        covariance = (centred[lag:][within] * centred[:-lag][within]).mean(axis=0)
        if (covariance[moving] < variance[moving] / np.e).all():
            break
        lag *= 2
    return lag


def _whole_episodes(
    starts: Int[np.ndarray, " episodes"], lengths: Int[np.ndarray, " episodes"], rng: np.random.Generator
) -> RowBlocks:
    order = rng.permutation(len(starts))
    count = min(BLOCKS, len(starts))
    middle = np.cumsum(lengths[order]) - lengths[order] / 2.0
    of_episode = np.empty(len(starts), dtype=np.int64)
    of_episode[order] = np.minimum((middle * count / lengths.sum()).astype(np.int64), count - 1)
    # Long episodes can leave a block empty; numbers are closed up.
    _, of_episode = np.unique(of_episode, return_inverse=True)
    return RowBlocks(np.repeat(of_episode, lengths), np.arange(int(of_episode.max()) + 1) % FOLDS)


def _stretches(starts: Int[np.ndarray, " episodes"], lengths: Int[np.ndarray, " episodes"], gap: int) -> RowBlocks:
    block, count = np.full(int(lengths.sum()), NOWHERE, dtype=np.int64), 0
    for start, length in zip(starts, lengths, strict=True):
        pieces = max(1, round(BLOCKS * length / lengths.sum()))
        edges = start + np.linspace(0, length, pieces + 1).astype(np.int64)
        for low, high in pairwise(edges.tolist()):
            last = high - min(gap, (high - low) // 4) if high < start + length else high
            if last > low:
                block[low:last] = count
                count += 1
    return RowBlocks(block, np.arange(count) % FOLDS)
