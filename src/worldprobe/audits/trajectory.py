"""A log: controls in the order in which they were visited, and the pairs along it; the input of exploration gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs
from worldprobe.stats.sampling_error import correlation_time
from worldprobe.stats.standardise import mean_and_sd

FEWEST_PAIRS = 64
"""Below this no correlation time can be estimated."""

STILL = 1e-3
"""The sd, in canonical units, below which a control counts as never moved."""

FEW_LEVELS = 10
"""A control with at most so many distinct values is discrete."""

LONG = 1024
"""Frames from which an eighth of the log is long enough to estimate a correlation time in."""

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
        z = pairs.controls.astype(np.float64)
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

    @property
    def second(self) -> Float[np.ndarray, "pairs n"]:
        """Standardised z' of every pair."""
        return self.x[self.index[:, 1]]

    @cached_property
    def time(self) -> Float[np.ndarray, " n"]:
        """How many frames amount to one independent draw, per control."""
        return correlation_time(self.x)

    @cached_property
    def settled_time(self) -> Float[np.ndarray, " n"]:
        """The same with each eighth of the log centred separately, so that a drift is not counted as correlation."""
        parts = np.array_split(self.x, SEGMENTS)
        return correlation_time(np.concatenate([part - part.mean(axis=0) for part in parts]))

    def levels(self, control: int) -> int | None:
        """Return how many distinct values a control has where they are so few that it is discrete, else None."""
        x = self.z[:, control]
        return None if len(np.unique(x[: 10 * FEW_LEVELS])) > FEW_LEVELS or (n := len(np.unique(x))) > FEW_LEVELS else n

    @property
    def effective(self) -> Float[np.ndarray, " n"]:
        """The log's frames in independent draws, per control; in a long log a drift does not make them fewer."""
        return len(self.x) / (self.settled_time if len(self.x) >= LONG else self.time)
