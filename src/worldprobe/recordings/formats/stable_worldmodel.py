"""stable-worldmodel: one HDF5 file, one array a column, episodes by `ep_len` and `ep_offset`.

The layout: https://github.com/galilai-group/stable-worldmodel, docs/api/dataset.md
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.hdf5 import Hdf5Piece, OpenedHdf5, arrays, is_hdf5, opened, whole
from worldprobe.recordings.problems import UnusableData

if TYPE_CHECKING:
    import h5py

EPISODES = ("ep_len", "ep_offset")


def has_episodes(file: h5py.File) -> bool:
    """Return whether a file says how long its episodes are and where they begin."""
    return all(name in file for name in EPISODES)


@FORMATS.register("stable-worldmodel")
class StableWorldmodel(Format):
    """Columns are `pixels`, `action`, `state`, `proprio`, `variation.*` and whatever else the environment recorded."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Return whether an HDF5 file has `ep_len` and `ep_offset`; raises UnreadableFile where it is not whole."""
        if not is_hdf5(path):
            return False
        with opened(path) as file:
            return has_episodes(file)

    @classmethod
    def open(cls, path: Path) -> OpenedHdf5:
        """Read the episodes; raises UnusableData where they do not cover the rows one after the other."""
        with opened(path) as file:
            lengths, offsets = (whole(path, file[name]).astype(np.int64).reshape(-1) for name in EPISODES)
            columns = [column for column in arrays(file) if column.name not in EPISODES]
        longest = max((column.rows for column in columns), default=0)
        pieces = {column.name: [Hdf5Piece(column.name, column.rows)] for column in columns}
        found = OpenedHdf5(path, columns, pieces)
        found.starts, found.starts_in_words = offsets_of(path, lengths, offsets, longest), "ep_offset"
        return found


def offsets_of(
    path: Path, lengths: Int[np.ndarray, " n"], offsets: Int[np.ndarray, " m"], longest: int
) -> Int[np.ndarray, " episodes"]:
    """Return where episodes that have rows begin; raises UnusableData unless they cover `longest` rows in order."""
    ends = np.cumsum(lengths)
    if len(lengths) != len(offsets) or (lengths < 0).any() or not np.array_equal(ends - lengths, offsets):
        raise UnusableData(path, "ep_len and ep_offset", "they do not agree on where episodes begin")
    rows = int(lengths.sum())
    if rows != longest:
        problem = f"its episodes have {rows:,} rows together, the longest column {longest:,}"
        raise UnusableData(path, "ep_len", problem, "Was the file written to its end?")
    return offsets[lengths > 0]
