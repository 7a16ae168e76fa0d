"""What an encoder is measured against: states, the episodes they come in, frames where there are any, and pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue
from worldprobe.measures.row_blocks import RowBlocks, independent_blocks, trajectory_blocks
from worldprobe.recordings import Recording, read_recording
from worldprobe.recordings.episodes import episode_of, pair_index
from worldprobe.taps.encode import Observations, RowsOfObservations
from worldprobe.taps.pooling import UnusableEmbedding


@dataclass(frozen=True)
class Subject:
    """Rows of states with what belongs to them; states that never move are left out and named in `constant`."""

    of: str
    """What was measured on, in words."""
    z: Float[np.ndarray, "rows n"]
    names: tuple[str, ...]
    starts: Int[np.ndarray, " episodes"] | None
    """The first row of every episode; None where rows are independent draws."""
    frames: Observations | None = None
    blocks: RowBlocks | None = None
    """How rows are split, where that is given; else by episodes."""
    stride: int = 1
    constant: tuple[str, ...] = ()
    kept: Bool[np.ndarray, " recorded"] | None = None
    """Which of the log's rows these are, where bad ones were dropped; embeddings have a row for each of the log."""

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise InvalidValue("stride", self.stride, "1 or more rows")

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.z)

    def split(self, rng: np.random.Generator) -> RowBlocks:
        """Return the blocks that probes are fitted and scored on."""
        if self.blocks is not None:
            return self.blocks
        if self.starts is None:
            return independent_blocks(self.rows)
        return trajectory_blocks(self.starts, self.z, rng)

    @property
    def pairs(self) -> Int[np.ndarray, "pairs 2"]:
        """The rows of the members of every pair, `stride` apart in one episode; none where rows are independent."""
        if self.starts is None:
            return np.zeros((0, 2), dtype=np.int64)
        return pair_index(self.starts, self.rows, self.stride)

    @property
    def why_no_pairs(self) -> str:
        """Why `pairs` has none, where it has none."""
        if self.starts is None:
            return "the rows are independent draws: there are no pairs"
        return f"no episode has two rows that are {self.stride} apart: there are no pairs"

    def at(self, rows: Int[np.ndarray, " k"] | None) -> Subject:
        """Return some rows, in rising order: an episode is cut where a row is missing."""
        if rows is None:
            return self
        starts = self.starts
        if starts is not None:
            episode = episode_of(starts, rows)
            cut = (np.diff(rows) != 1) | (np.diff(episode) > 0)
            starts = np.concatenate([[0], np.flatnonzero(cut) + 1]).astype(np.int64)
        frames = None if self.frames is None else RowsOfObservations(self.frames, rows)
        blocks = None if self.blocks is None else self.blocks.at(rows)
        return Subject(self.of, self.z[rows], self.names, starts, frames, blocks, self.stride, self.constant)


def from_recording(
    path: str | Path,
    *,
    states: list[str] | None = None,
    frames: str | None = "none",
    episode: str | None = None,
    drop_bad: bool = False,
    format: str | None = None,
    stride: int = 1,
) -> Subject:
    """Read a recording of any known layout; states are standardised. Raises as `read_recording`."""
    twice = next((name for name in states or [] if name and list(states or []).count(name) > 1), None)
    if twice is not None:
        raise InvalidValue("states", ", ".join(states or []), "every column once", f"{twice!r} comes twice.")
    actions = None if states is None else ["none"]  # rows are not dropped for actions that nothing reads
    read = read_recording(
        path, states=states, frames=frames, episode=episode, actions=actions, drop_bad=drop_bad, format=format
    )
    return of_recording(read, stride=stride)


def of_recording(recording: Recording, *, stride: int = 1) -> Subject:
    """Return a recording as a subject; raises InvalidValue where no state moves."""
    moving = [name not in recording.constant for name in recording.names]
    if not any(moving):
        raise InvalidValue("states", ", ".join(recording.names), "columns that move", "Name others with --states.")
    found = recording.standardised()
    return Subject(
        str(recording.source.path),
        found.states[:, moving],
        tuple(name for name, moves in zip(recording.names, moving, strict=True) if moves),
        recording.episodes,
        recording.frames,
        None,
        stride,
        recording.constant,
        recording.kept,
    )


def of_arrays(
    z: Float[np.ndarray, "rows n"],
    names: tuple[str, ...] | None = None,
    episodes: Shaped[np.ndarray, " rows"] | None = None,
    *,
    independent: bool = False,
    stride: int = 1,
) -> Subject:
    """Return arrays as a subject: `episodes` has a label for every row, those of an episode one after the other.

    Rows are one trajectory without it, unless they are `independent` draws. Raises UnusableEmbedding for states that
    are not finite, InvalidValue where none moves or an episode is in pieces.
    """
    if not np.isfinite(z).all():
        raise UnusableEmbedding("The states have NaN or infinity: leave those rows out.")
    z = np.asarray(z, dtype=np.float64) if z.dtype.kind == "f" else z.astype(np.float64)
    listed = names or tuple(f"state {i}" for i in range(z.shape[1]))
    spread = z.std(axis=0)
    if not spread.any():
        raise InvalidValue("states", "constant columns", "at least one that moves")
    starts = None if independent else np.zeros(1, dtype=np.int64)
    if episodes is not None:
        starts = _starts(episodes)
    moving = spread > 0
    return Subject(
        "an array of states",
        (z[:, moving] - z[:, moving].mean(axis=0)) / spread[moving],
        tuple(name for name, moves in zip(listed, moving, strict=True) if moves),
        starts,
        stride=stride,
        constant=tuple(name for name, moves in zip(listed, moving, strict=True) if not moves),
    )


def _starts(labels: Shaped[np.ndarray, " rows"]) -> Int[np.ndarray, " episodes"]:
    """Return the first row of every episode; an episode in pieces would lie on both sides of a split."""
    starts = np.concatenate([[0], np.flatnonzero(labels[1:] != labels[:-1]) + 1]).astype(np.int64)
    known, pieces = np.unique(labels[starts], return_counts=True)
    if (pieces > 1).any():
        label, count = known[np.argmax(pieces)], int(pieces.max())
        raise InvalidValue("episodes", f"{label} in {count:,} pieces", "the rows of an episode one after the other")
    return starts


def split_stream(seed: int = 0) -> np.random.Generator:
    """Return the generator that blocks are drawn from: the same for every tap."""
    return stream(seed, "evaluation", "split")
