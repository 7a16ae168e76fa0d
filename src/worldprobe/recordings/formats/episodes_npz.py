"""Folders of NumPy archives, each one episode or a stretch of several, as DreamerV2 and DreamerV3 keep them.

The layouts: https://github.com/danijar/dreamerv2, common/driver.py and replay.py: a row holds the action that led to
it, zeros in the first; https://github.com/NM512/dreamerv3-torch, tools.py: the same; https://github.com/danijar/dreamerv3,
embodied/core/driver.py: a row holds the action that was taken in it, zeros in the last. A file of DreamerV3's replay
holds a number of rows, in which `is_first` says where episodes begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int

from worldprobe.recordings.columns import Column, ColumnKind, acts
from worldprobe.recordings.episodes import episode_of, starts_of_lengths
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.formats.npz import Npz, OpenedNpz
from worldprobe.recordings.problems import UnusableData, shortened
from worldprobe.recordings.recorded_frames import Frames, Pictures, natural

FIRST = "is_first"
MARKS = (FIRST, "discount", "is_terminal")
"""Arrays by which Dreamer's episodes are recognised."""


@FORMATS.register("npz-episodes")
class NpzEpisodes(Format):
    """Every file is an episode, in the order of the numbers in their names; all have the same arrays."""

    general = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix of the files."""
        return path.is_dir() and bool(_files(path))

    @classmethod
    def open(cls, path: Path) -> OpenedEpisodes:
        """Read the headers of all arrays; raises UnusableData where a file has others than the first."""
        return OpenedEpisodes(path, [Npz.open(file) for file in _files(path)])


class OpenedEpisodes(Opened):
    """The arrays of every file, one file after the other."""

    starts_in_words = "every file is an episode: their order"

    def __init__(self, path: Path, parts: Sequence[OpenedNpz]) -> None:
        self._parts = parts
        first = {column.name: column for column in parts[0].columns}
        counts = [part.rows for part in parts]
        for part in parts[1:]:
            here = {column.name: column.shape for column in part.columns}
            if here != {name: column.shape for name, column in first.items()}:
                problem = f"it has {shortened(list(here))} of shapes {shortened(list(map(str, here.values())))} a row"
                mend = f"All files need the arrays of {parts[0].path.name}, in one shape: {shortened(list(first))}."
                raise UnusableData(part.path, "arrays", problem, mend)
        super().__init__(
            path, [replace(column, rows=sum(counts)) for column in first.values() if self._fits(column, 0)]
        )
        short = [column for column in first.values() if acts(column) and self._fits(column, 1)]
        self.columns += tuple(replace(column, rows=sum(counts) - len(parts)) for column in short)
        self.starts = starts_of_lengths(counts)
        self.words = self._files_in_words = f"{len(parts):,} files"
        if FIRST in (column.name for column in self.columns if column.kind is ColumnKind.TRUTH and column.single):
            within = np.flatnonzero(np.concatenate([part.read([FIRST])[FIRST].reshape(-1) for part in parts]))
            if np.setdiff1d(within, self.starts).size:
                self.starts = np.union1d(self.starts, within).astype(np.int64)
                self.starts_in_words = f"every file, and {FIRST} within it,"

    def _fits(self, column: Column, fewer: int) -> bool:
        """Whether every file has as many rows of a column as of its states, or so many fewer."""
        return all(part.column(column.name).rows == part.rows - fewer for part in self._parts)

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns; of actions that are one fewer than rows in every file, those that there are."""
        found = [part.read(names) for part in self._parts]
        return {name: self._in_step(name, np.concatenate([values[name] for values in found])) for name in names}

    def _in_step(self, name: str, values: np.ndarray) -> np.ndarray:
        """Return actions in the row in which they were taken, where a row holds the one that led to it.

        DreamerV2 writes zeros as the action of an episode's first row; DreamerV3 as that of its last.
        """
        dreamer = any(column.name in MARKS for column in self.columns)
        if not (dreamer and acts(self.column(name)) and values.dtype.kind == "f" and len(values) == self.rows):
            return values
        assert self.starts is not None
        last = np.append(self.starts[1:], self.rows) - 1
        if values[self.starts].any() or not values[last].any():
            return values
        self.words = f"{self._files_in_words}; an action belongs to the row before it"
        taken = np.full_like(values, np.nan)
        taken[:-1] = values[1:]
        taken[last] = np.nan
        return taken

    def frames(self, name: str) -> Frames:
        """Return the pictures of all files, of which only those asked for are read."""
        return Following([part.frames(name) for part in self._parts])


class Following(Frames):
    """Frames of several recordings, one after the other."""

    def __init__(self, parts: Sequence[Frames]) -> None:
        self._parts, self.shape = parts, parts[0].shape
        self._starts = np.cumsum([0, *map(len, parts)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def missing(self) -> Bool[np.ndarray, " rows"]:
        return np.concatenate([part.missing() for part in self._parts])

    def check_whole(self) -> None:
        for part in self._parts:
            part.check_whole()

    def stamp(self) -> str:
        return "\n".join(part.stamp() for part in self._parts)

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        holder = episode_of(self._starts, rows)
        for number in np.unique(holder).tolist():
            here = holder == number
            found[here] = self._parts[number].read(rows[here] - self._starts[number])
        return found


def _files(path: Path) -> list[Path]:
    found = [entry for entry in path.iterdir() if entry.suffix.lower() == ".npz" and entry.is_file()]
    found = [entry for entry in found if not entry.name.startswith(".")]
    return sorted(found, key=lambda entry: natural(entry.name))
