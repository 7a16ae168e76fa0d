"""A recording as a source: its rows, in splits that share no episode, or no near rows where there are few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue, option
from worldprobe.explore.regime import Pairs
from worldprobe.measures.row_blocks import decorrelation_rows
from worldprobe.recordings.episodes import pair_index
from worldprobe.recordings.problems import UnusableData
from worldprobe.recordings.recording import Recording
from worldprobe.sources.source import NO_PAIRS, Sample, Source, Split
from worldprobe.sources.splits import FEW, Stretch, interleaved, rows_needed, whole_episodes
from worldprobe.world.world import Control

SIZE = 32
"""Pixels of a frame's side, if nothing else is asked for."""
ENOUGH_STRETCHES = 10
"""With so many stretches a bootstrap resamples them; fewer are cut into blocks of twice the decorrelation time."""


@dataclass(frozen=True, eq=False)
class Recorded(Source):
    """Recorded frames and states, pairs `stride` rows apart.

    Controls are the states, standardised over the recording, or in the units of `shared` controls of the same names.
    Frames are averaged down to `size` pixels. Raises InvalidValue where a state never moves and no `shared` controls
    are given, or lies beyond the limit of one.
    """

    recording: Recording
    stride: int = 1
    size: int = SIZE
    shared: tuple[Control, ...] | None = None
    """Controls of the same names whose centre, scale and limit turn the recorded quantities into z."""
    world_name: str = field(default="recording", init=False)
    draws: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.stride < 1:
            raise InvalidValue("stride", self.stride, "1 or more")
        if self.shared is None and self.recording.constant:
            mend = f"Name the others with {option('states')}."
            raise InvalidValue("states", ", ".join(self.recording.constant), "columns that move", mend)

    @property
    def controls(self) -> tuple[Control, ...]:
        return self.shared if self.shared is not None else self._standardised.controls

    @property
    def observation_shape(self) -> tuple[int, ...]:
        _ = self._pictures
        return self.size, self.size, 3

    @property
    def fingerprint(self) -> dict[str, Any]:
        shared = None if self.shared is None else [control.described() for control in self.shared]
        return {
            "world": {"recording": self.recording.source.digest, "size": self.size},
            "name": "recorded",
            "settings": {"stride": self.stride, "shared": shared},
        }

    @cached_property
    def z(self) -> Float[np.ndarray, "rows n"]:
        """The controls of every row, float32."""
        if self.shared is None:
            return self._standardised.states.astype(np.float32)
        columns = []
        for own, shared, column in zip(self.recording.controls, self.shared, self.recording.states.T, strict=True):
            try:
                columns.append(shared.standardised(own.physical(column)))
            except ValueError as error:
                raise InvalidValue(
                    "states", shared.name, "within the limits of the world's control", f"{error}."
                ) from None
        return np.stack(columns, axis=1).astype(np.float32)

    def sample(self, split: Split, frames: int | None, seed: int) -> Sample:
        """Return a split's rows; with pairs those of `train` and `heldout`, evenly spread those of `probe` and `test`.

        `seed` changes nothing: what was recorded is what there is.
        """
        if frames is not None and frames < 1:
            raise InvalidValue("frames", frames, "1 or more")
        paired = split in ("train", "heldout")
        stretches = self._splits[split]
        if paired and frames is not None:
            stretches = _at_most(stretches, frames)
        lengths = np.array([stop - start for start, stop in stretches])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        rows = np.concatenate([np.arange(start, stop) for start, stop in stretches])
        index = pair_index(starts, len(rows), self.stride) if paired else NO_PAIRS
        if paired and not len(index):
            raise InvalidValue("stride", self.stride, f"less than the longest stretch of {split}, {lengths.max()} rows")
        actions = None if self.recording.actions is None else self.recording.actions[rows]
        found = Sample(
            Pairs(self.z[rows], index, actions_between(index, actions, self.stride)),
            rows,
            actions,
            starts,
            self._dependent(lengths),
        )
        return found if paired or frames is None else found.thinned(frames)

    def every_pair(self) -> Sample:
        """Return all rows, whatever their split, with all their pairs: what an audit is made of."""
        pairs = self.recording.pairs(self.stride)
        rows = np.arange(self.recording.rows)
        actions = self.recording.actions
        between = actions_between(pairs.index, actions, self.stride)
        return Sample(Pairs(self.z, pairs.index, between), rows, actions, self.recording.episodes)

    def frames(self, sample: Sample, rows: Int[np.ndarray, " k"]) -> UInt8[np.ndarray, "k size size 3"]:
        assert sample.rows is not None
        return np.stack([self._scaled(frame) for frame in self._pictures.read(sample.rows[rows])])

    def first_frame(self) -> UInt8[np.ndarray, "1 size size 3"]:
        return np.stack([self._scaled(frame) for frame in self._pictures.read([0])])

    @contextmanager
    def enlarged(self, size: int) -> Iterator[Source]:
        yield replace(self, size=size)

    @property
    def gap(self) -> int:
        """Rows between stretches of different splits: what the slowest state needs to forget, or the stride."""
        return max(self._decorrelation, self.stride)

    @cached_property
    def _standardised(self) -> Recording:
        return self.recording.standardised()

    @property
    def _pictures(self) -> Any:
        if self.recording.frames is None:
            mend = f"Name their column or video with {option('frames')}."
            raise InvalidValue("frames", None, "a recording with frames", mend)
        return self.recording.frames

    @cached_property
    def _decorrelation(self) -> int:
        return decorrelation_rows(self.z.astype(np.float64), self.recording.episodes)

    @cached_property
    def _splits(self) -> dict[Split, list[Stretch]]:
        episodes, rows = self.recording.episodes, self.recording.rows
        if len(episodes) >= FEW:
            return whole_episodes(episodes, rows)
        if rows < rows_needed(self.gap):
            told = f"{len(episodes)} episode{'s' if len(episodes) > 1 else ''} of {rows:,} rows in all"
            problem = (
                f"{told} are too few to keep test rows apart from training rows: the slowest state needs about "
                f"{self._decorrelation:,} rows to lose its correlation, and pairs are {self.stride:,} apart"
            )
            mend = f"Training needs {FEW} episodes, or {rows_needed(self.gap):,} rows; the audit needs neither."
            raise UnusableData(self.recording.source.path, "episodes", problem, mend)
        return interleaved(episodes, rows, self.gap)

    def _dependent(self, lengths: Int[np.ndarray, " stretches"]) -> Int[np.ndarray, " frames"]:
        """Return the blocks that a bootstrap takes as independent: stretches, or parts of them where they are few."""
        longest = int(lengths.max()) if len(lengths) >= ENOUGH_STRETCHES else 2 * self.gap
        found, count = [], 0
        for length in lengths:
            found.append(count + np.arange(length) // longest)
            count += -(-int(length) // longest)
        return np.concatenate(found)

    def _scaled(self, frame: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "size size 3"]:
        if frame.shape[:2] == (self.size, self.size):
            return frame
        return np.asarray(Image.fromarray(frame).resize((self.size, self.size), Image.Resampling.BOX))


def actions_between(
    index: Int[np.ndarray, "pairs 2"], actions: Float[np.ndarray, "frames a"] | None, stride: int
) -> Float[np.ndarray, "pairs strides_a"] | None:
    """Return the actions from each pair's first member to the row before its second, side by side."""
    if actions is None or not len(index):
        return None
    return np.concatenate([actions[index[:, 0] + k] for k in range(stride)], axis=1).astype(np.float32)


def _at_most(stretches: list[Stretch], frames: int) -> list[Stretch]:
    """Return whole stretches, drawn at random, until there are so many frames; the last one is cut."""
    found, left = [], frames
    for place in stream(0, "recording", "fewer").permutation(len(stretches)):
        start, stop = stretches[place]
        if left > 0:
            found.append((start, min(stop, start + left)))
            left -= stop - start
    return sorted(found)
