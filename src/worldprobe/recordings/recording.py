"""A recording: states, the episodes they come in, and frames and actions where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import Pairs
from worldprobe.recordings.episodes import lengths, pair_index
from worldprobe.recordings.recorded_frames import Frames
from worldprobe.stats.standardise import safe_scale
from worldprobe.world.world import Control


@dataclass(frozen=True)
class Origin:
    """Where a recording came from."""

    path: Path
    format: str
    digest: str
    """16 hex digits of the states, episodes and actions that were read, and of the frames' files' names and sizes."""


@dataclass(frozen=True, eq=False)
class Recording:
    """States, frames and actions as they were read.

    `controls[i].physical(states[:, i])` is always the recorded quantity: `standardised` changes both together.
    """

    states: Float[np.ndarray, "rows n"]
    """float32 or float64, finite."""
    controls: tuple[Control, ...]
    """What each column of the states is."""
    episodes: Int[np.ndarray, " episodes"]
    """The first row of every episode; within an episode rows are in the order of time."""
    source: Origin
    chosen: Mapping[str, str]
    """What was read as what, and why, in words, by option."""
    warnings: tuple[str, ...] = ()
    """What is not an error but should be known: columns that never move, episodes of one row."""
    constant: tuple[str, ...] = ()
    """The names of the columns that never move."""
    actions: Float[np.ndarray, "rows a"] | None = None
    action_names: tuple[str, ...] = ()
    frames: Frames | None = None
    kept: Bool[np.ndarray, " recorded"] | None = None
    """Which of the recorded rows these are, where `drop_bad` dropped some."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the states' columns."""
        return tuple(control.name for control in self.controls)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.states)

    @property
    def episode_lengths(self) -> Int[np.ndarray, " episodes"]:
        """How many rows each episode has."""
        return lengths(self.episodes, self.rows)

    def pairs(self, stride: int = 1) -> Pairs:
        """Return every pair (row, row + stride) within an episode; neighbouring pairs share rows.

        Raises InvalidValue for a stride below 1 or one that no episode is long enough for.
        """
        longest = int(self.episode_lengths.max())
        if not 1 <= stride < longest:
            allowed = f"1 .. {longest - 1}" if longest > 1 else "none: every episode has one row"
            raise InvalidValue(
                "stride", stride, allowed, f"The longest episode of {self.source.path} has {longest:,} rows."
            )
        return Pairs(self.states, pair_index(self.episodes, self.rows, stride))

    def without_pairs(self, stride: int) -> Int[np.ndarray, " k"]:
        """Return which episodes are too short to give a pair at this stride."""
        return np.flatnonzero(self.episode_lengths <= stride)

    def standardised(self) -> Recording:
        """Return this recording with every state centred and scaled to unit variance over all rows.

        A column that never moves becomes 0 and keeps its scale.
        """
        unit = safe_scale(self.states)
        states = self.states if (unit == 1.0).all() else self.states / unit
        mean = states.mean(axis=0, dtype=np.float64) * unit
        spread = np.array([float(np.std(column, dtype=np.float64)) for column in states.T]) * unit
        moves = (np.ptp(self.states, axis=0) > 0.0) & (spread > 0.0)
        scale = np.where(moves, spread, 1.0)
        mean = np.where(moves, mean, self.states[0])
        states = np.empty_like(self.states)
        for place in range(states.shape[1]):
            states[:, place] = (self.states[:, place] - mean[place]) / scale[place]
        controls = tuple(
            replace(control, centre=control.centre + control.scale * float(m), scale=control.scale * float(s))
            for control, m, s in zip(self.controls, mean, scale, strict=True)
        )
        return replace(self, states=states, controls=controls)
