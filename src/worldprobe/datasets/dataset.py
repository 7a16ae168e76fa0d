"""A rendered dataset: controls, pairs and frames, verified whenever they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from worldprobe.datasets.row_reader import RowReader
from worldprobe.datasets.shards import Frames, find_shard, read_shard, shard_rows
from worldprobe.datasets.spec import DatasetSpec
from worldprobe.errors import DamagedData


@dataclass(frozen=True, eq=False)
class Dataset:
    """Frames on disk and the controls and pairs that they belong to."""

    spec: DatasetSpec
    path: Path
    repaired: tuple[str, ...] = ()
    """Shards that were found damaged and rendered again when this dataset was asked for."""

    @property
    def controls(self) -> Float[np.ndarray, "frames n"]:
        """The controls of every frame, float32."""
        return self.spec.pairs.controls

    @property
    def index(self) -> Int[np.ndarray, "pairs 2"]:
        """Which frames form pairs, int64; no rows for a canonical dataset."""
        return self.spec.pairs.index

    @property
    def frame_count(self) -> int:
        """How many frames there are."""
        return self.spec.frames

    def frames(self) -> Frames:
        """Return every frame in memory: uint8 (frames, H, W, 3), or float32 (frames, m) for a world of vectors.

        Every shard is verified as it is read. Raises DamagedData, naming the shard, where one changed since `ensure`.
        """
        found = np.empty((self.frame_count, *self.spec.observation_shape), dtype=self.spec.dtype)
        for number, rows in enumerate(shard_rows(self.spec.frames, self.spec.frame_bytes)):
            found[rows] = self._shard(number)
        return found

    def read(self, rows: Int[np.ndarray, " k"]) -> Frames:
        """Return some frames, in the order asked for, from only the shards that hold them; raises as `frames` does."""
        rows = np.asarray(rows, dtype=np.int64)
        found = np.empty((len(rows), *self.spec.observation_shape), dtype=self.spec.dtype)
        shards = shard_rows(self.spec.frames, self.spec.frame_bytes)
        holder = rows // (shards[0].stop - shards[0].start)
        for number in np.unique(holder):
            asked = holder == number
            found[asked] = self._shard(int(number))[rows[asked] - shards[number].start]
        return found

    def pieces(self, frames: int) -> Iterator[Frames]:
        """Give all frames in order, `frames` at a time, holding little more than that; raises as `frames` does."""
        waiting: list[Frames] = []
        for number in range(len(shard_rows(self.spec.frames, self.spec.frame_bytes))):
            waiting.append(self._shard(number))
            if sum(map(len, waiting)) >= frames:
                found = np.concatenate(waiting)
                whole = len(found) // frames * frames
                yield from (found[start : start + frames] for start in range(0, whole, frames))
                waiting = [found[whole:]]
        if sum(map(len, waiting)):
            yield np.concatenate(waiting)

    def reader(self) -> RowReader:
        """Return what reads a few frames at a time, as they were verified by `Store.ensure`; see `RowReader`."""
        return RowReader(self.spec, self.path)

    def _shard(self, number: int) -> Frames:
        path = find_shard(self.path, number)
        frames = None if path is None else read_shard(path)
        if frames is None:
            name = path or self.path / f"{number:05d}-*.npy"
            raise DamagedData(f"{name} is missing or not what was written; the same command renders it again.")
        return frames
