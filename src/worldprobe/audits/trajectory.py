"""A log: controls in the order in which they were visited, and the pairs along it; the input of exploration gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs
from worldprobe.stats.correlation import column_correlation
from worldprobe.stats.sampling_error import correlation_time, ideal_correlation_time
from worldprobe.stats.standardise import mean_and_sd
from worldprobe.stats.subsample import even_stretches, evenly_spaced

FEWEST_PAIRS = 64
"""Below this no correlation time can be estimated."""

STILL = 1e-3
"""The sd, in canonical units, below which a control counts as never moved."""

FEW_LEVELS = 10
"""A control with at most so many distinct values is discrete."""

LONG = 1024
"""Frames from which an eighth of the log is long enough to estimate a correlation time in."""

MOST_ROWS, STRETCHES = 200_000, 64
"""Rows that statistics of a log's distribution and steps are made from, and the stretches that they lie in."""

SEGMENTS = 8
"""Parts of the log that are centred separately, so that a drift is not counted as a long correlation."""


@dataclass(frozen=True, eq=False)
class Log:
    """Controls (F, n) in double precision, and which frames form pairs."""

    names: tuple[str, ...]
    z: Float[np.ndarray, "frames n"]
    index: Int[np.ndarray, "pairs 2"]

    @staticmethod
    def of(pairs: Pairs, names: Sequence[str], standardise: bool = False) -> Log:
        """Make a log; `standardise` removes its own mean and standard deviation.

        That is for physical units, which have no canonical distribution. Raises InvalidValue for fewer than 64 pairs,
        for values that are not finite, for pairs outside the frames.
        """
        z = np.asarray(pairs.controls, dtype=np.float64)
        if len(names) != z.shape[1]:
            raise InvalidValue("names", list(names), f"one name for each of the {z.shape[1]} controls")
        if len(pairs.index) < FEWEST_PAIRS:
            raise InvalidValue("pairs", len(pairs.index), f"{FEWEST_PAIRS} or more", "Record a longer exploration.")
        if pairs.index.min() < 0 or pairs.index.max() >= len(z):
            raise InvalidValue("index", int(pairs.index.max()), f"frame numbers from 0 to {len(z) - 1}")
        if not np.isfinite(z).all():
            column = int(np.argmin(np.isfinite(z).all(axis=0)))
            raise InvalidValue(names[column], "NaN or infinity", "finite values", "Drop or correct these rows.")
        if standardise:
            mean, sd = mean_and_sd(z)
            moves = sd > 1e-9 * np.abs(z).max(axis=0)
            z = np.where(moves, (z - mean) / np.where(moves, sd, 1.0), 0.0)
        return Log(tuple(names), z, pairs.index)

    @cached_property
    def sd(self) -> Float[np.ndarray, " n"]:
        """The standard deviation of every control, in canonical units."""
        return mean_and_sd(self.z)[1]

    @cached_property
    def moves(self) -> Bool[np.ndarray, " n"]:
        """Which controls move at all."""
        moves: np.ndarray = self.sd >= STILL
        return moves

    @cached_property
    def moving(self) -> Log:
        """The same log of the controls that move."""
        if self.moves.all():
            return self
        names = tuple(name for name, moves in zip(self.names, self.moves, strict=True) if moves)
        return Log(names, self.z[:, self.moves], self.index)

    @cached_property
    def x(self) -> Float[np.ndarray, "frames n"]:
        """The controls with their own mean and sd taken out; 0 for those that never move."""
        mean, sd = mean_and_sd(self.z)
        return np.where(self.moves, (self.z - mean) / np.where(self.moves, sd, 1.0), 0.0)

    @property
    def first(self) -> Float[np.ndarray, "pairs n"]:
        """Standardised z of every pair."""
        return self.x[self.index[:, 0]]

    def ends(self, control: int) -> tuple[Float[np.ndarray, " pairs"], Float[np.ndarray, " pairs"]]:
        """Return one control of both members of every pair, standardised, without a copy of all controls."""
        x = self.x[:, control]
        return x[self.index[:, 0]], x[self.index[:, 1]]

    @cached_property
    def rho(self) -> Float[np.ndarray, " n"]:
        """The correlation between the members of a pair, per control; 0 where there is none."""
        return np.array([nan_free_correlation(*self.ends(control)) for control in range(len(self.names))])

    @property
    def second(self) -> Float[np.ndarray, "pairs n"]:
        """Standardised z' of every pair."""
        return self.x[self.index[:, 1]]

    @cached_property
    def time(self) -> Float[np.ndarray, " n"]:
        """How many frames amount to one independent draw, per control."""
        return _by_column(self.x)

    @cached_property
    def settled_time(self) -> Float[np.ndarray, " n"]:
        """The same without drifts: with each eighth of the log centred separately.

        Centring hides correlations over more than an eighth, too. So they count as far as an ideal log of these
        episodes and this pair correlation has them: what is slower than that is a drift.
        """
        settled = _by_column(self.x, SEGMENTS)
        return np.maximum(settled, np.minimum(self.time, self.ideal_time))

    def thinned(self) -> Log:
        """Return at most about `MOST_ROWS` rows in stretches all along the log, with the pairs that lie within them.

        Independent pairs whose members are far apart in the log are drawn instead, evenly along it.
        """
        if len(self.z) <= MOST_ROWS:
            return self
        rows = even_stretches(len(self.z), MOST_ROWS, STRETCHES)
        place = _places(rows, len(self.z))
        inside = (place[self.index] >= 0).all(axis=1)
        if inside.sum() < 0.5 * len(self.index) * len(rows) / len(self.z):
            drawn = self.index[evenly_spaced(len(self.index), MOST_ROWS // 2)]
            rows = np.unique(drawn)
            place = _places(rows, len(self.z))
            return Log(self.names, self.z[rows], place[drawn])
        return Log(self.names, self.z[rows], place[self.index[inside]])

    @cached_property
    def ideal_time(self) -> Float[np.ndarray, " n"]:
        """How many frames an ideal log, with these episodes and pair correlations, needs for an independent draw."""
        return ideal_correlation_time(self.rho, self.stride, self.episodes)

    @cached_property
    def stride(self) -> float:
        """How many rows the members of a pair usually are apart."""
        return max(float(np.median(np.abs(self.index[:, 1] - self.index[:, 0]))), 1.0)

    @cached_property
    def starts(self) -> Int[np.ndarray, " episodes"]:
        """The first rows of the episodes: stretches that no pair reaches across."""
        return episode_starts(self.index, len(self.z))

    @property
    def episodes(self) -> Int[np.ndarray, " episodes"]:
        """The number of rows of every episode."""
        return np.diff(np.append(self.starts, len(self.z)))

    def levels(self, control: int) -> int | None:
        """Return how many distinct values a control has where they are so few that it is discrete, else None."""
        x = self.z[:, control]
        return None if len(np.unique(x[: 10 * FEW_LEVELS])) > FEW_LEVELS or (n := len(np.unique(x))) > FEW_LEVELS else n

    @property
    def effective(self) -> Float[np.ndarray, " n"]:
        """The log's frames in independent draws, per control; in a long log a drift does not make them fewer."""
        return len(self.x) / (self.settled_time if len(self.x) >= LONG else self.time)


def _by_column(x: Float[np.ndarray, "frames n"], parts: int = 1) -> Float[np.ndarray, " n"]:
    """Return each column's correlation time, with every part of the log centred separately."""
    found = []
    for column in x.T:
        centred = np.concatenate([part - part.mean() for part in np.array_split(column, parts)])
        found.append(correlation_time(centred[:, None])[0])
    return np.array(found)


def _places(rows: Int[np.ndarray, " few"], count: int) -> Int[np.ndarray, " count"]:
    """Return the place of every row among `rows`, -1 for those that are not."""
    place = np.full(count, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return place


def nan_free_correlation(first: Float[np.ndarray, " pairs"], second: Float[np.ndarray, " pairs"]) -> float:
    """Return the correlation of two columns; 0 where one of them is constant."""
    return float(np.nan_to_num(column_correlation(first[:, None], second[:, None]))[0])


def episode_starts(index: Int[np.ndarray, "pairs 2"], rows: int) -> Int[np.ndarray, " episodes"]:
    """Return the first rows of the stretches that no pair reaches across."""
    low, high = index.min(axis=1), index.max(axis=1)
    crossed = np.zeros(rows + 1, dtype=np.int64)
    np.add.at(crossed, low + 1, 1)
    np.add.at(crossed, high + 1, -1)
    return np.flatnonzero(np.cumsum(crossed[:rows]) == 0)
