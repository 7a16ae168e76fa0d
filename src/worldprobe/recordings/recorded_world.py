"""A recording as a world: it shows the states that it visited, in splits that share no episode."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from pydantic import Field, PositiveInt

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue, option
from worldprobe.recordings.episodes import pair_index
from worldprobe.recordings.read import read_recording
from worldprobe.recordings.recording import Recording
from worldprobe.world.world import WORLDS, Control, World

SPLITS = {"train": 0.7, "heldout": 0.8, "probe": 0.9, "test": 1.0}
"""Up to which share of the episodes, or of each episode's rows where there are few, a split goes."""
FEW = 20
"""Fewer episodes than this are cut by their rows: whole ones would be too coarse."""


@WORLDS.register("recording")
class RecordedWorld(World):
    """Recorded frames and states; z is a state, standardised over the recording."""

    path: Path = Field(description="file or folder of a layout that `worldprobe audit --data` reads")
    states: tuple[str, ...] | None = Field(None, description="columns of the states; found where there is one")
    frames: str | None = Field(None, description="column or video of the frames; found where there is one")
    episode: str | None = Field(None, description="column of the episodes")
    drop_bad: bool = Field(False, description="leave out rows that are not finite")
    stride: PositiveInt = Field(1, description="rows between the members of a pair")
    size: PositiveInt = Field(32, description="pixels of a frame's side; recorded frames are averaged down to it")

    @cached_property
    def recording(self) -> Recording:
        """The recording, states standardised. Raises InvalidValue where it has no frames or a state never moves."""
        given = {"states": self.states, "frames": self.frames, "episode": self.episode, "drop_bad": self.drop_bad}
        found = read_recording(self.path, **given)  # type: ignore[arg-type]
        if found.frames is None:
            mend = f"Name their column or video with {option('frames')}."
            raise InvalidValue("frames", None, "a recording with frames", mend)
        if found.constant:
            mend = f"Name the others with {option('states')}."
            raise InvalidValue("states", ", ".join(found.constant), "columns that move", mend)
        return found.standardised()

    @property
    def controls(self) -> tuple[Control, ...]:
        return self.recording.controls

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return self.size, self.size, 3

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {"world": "recording", "digest": self.recording.source.digest, "size": self.size}

    def shown(self, split: str) -> tuple[Float[np.ndarray, "frames n"], Int[np.ndarray, "pairs 2"]]:
        """Return a split's states, float32, and its pairs, `stride` rows apart within one stretch of an episode."""
        pieces = self._pieces(split)
        lengths = [stop - start for start, stop in pieces]
        starts = np.cumsum([0, *lengths])[:-1]
        controls = np.concatenate([self._z[start:stop] for start, stop in pieces])
        index = pair_index(starts, len(controls), self.stride)
        if len(index) == 0:
            raise InvalidValue("stride", self.stride, f"less than the longest stretch of {split}, {max(lengths)} rows")
        return controls, index

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N size size 3"]:
        """Return the frames of recorded states; of a state that came twice, the first.

        Raises InvalidValue for a state that was not recorded.
        """
        try:
            rows = np.array([self._row[state.tobytes()] for state in z.astype(np.float32)], dtype=np.int64)
        except KeyError:
            raise InvalidValue("z", "a state that was not recorded", "states of the recording") from None
        frames = self.recording.frames
        assert frames is not None
        return np.stack([self._scaled(frame) for frame in frames.read(rows)])

    @cached_property
    def _z(self) -> Float[np.ndarray, "rows n"]:
        return self.recording.states.astype(np.float32)

    @cached_property
    def _row(self) -> dict[bytes, int]:
        return {state.tobytes(): row for row, state in reversed(list(enumerate(self._z)))}

    def _pieces(self, split: str) -> list[tuple[int, int]]:
        """Return the stretches of rows of a split, in the order of the recording."""
        names = list(SPLITS)
        low, high = (0.0, *SPLITS.values())[names.index(split)], SPLITS[split]
        starts, lengths = self.recording.episodes, self.recording.episode_lengths
        if len(starts) < FEW:
            cut = [(int(s + low * n), int(s + high * n)) for s, n in zip(starts, lengths, strict=True)]
        else:
            order = stream(0, "recording", "splits").permutation(len(starts))
            mine = np.sort(order[round(low * len(order)) : round(high * len(order))])
            cut = [(int(starts[k]), int(starts[k] + lengths[k])) for k in mine]
        return [(start, stop) for start, stop in cut if stop > start]

    def _scaled(self, frame: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "size size 3"]:
        if frame.shape[:2] == (self.size, self.size):
            return frame
        return np.asarray(Image.fromarray(frame).resize((self.size, self.size), Image.Resampling.BOX))
