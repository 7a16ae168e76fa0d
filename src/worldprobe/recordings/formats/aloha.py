"""ALOHA: a folder with one HDF5 file an episode, `observations/qpos`, `action` and cameras, perhaps as padded JPEG.

The layout: https://github.com/MarkFzp/act-plus-plus, record_sim_episodes.py and its loader
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.columns import Column, ColumnKind, acts
from worldprobe.recordings.episodes import starts_of_lengths
from worldprobe.recordings.formats.episodes_npz import Following
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.formats.hdf5 import SUFFIXES, Hdf5Piece, OpenedHdf5, arrays, opened
from worldprobe.recordings.problems import UnreadableFile, UnusableData, shortened
from worldprobe.recordings.recorded_frames import Frames, Pictures, decoded, mixed_sizes, natural, open_image

QPOS, ACTION, CAMERAS = "observations/qpos", "action", "observations/images/"


@FORMATS.register("aloha")
class Aloha(Format):
    """Every file is an episode; columns are named as in the file."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the arrays of the first file."""
        files = _files(path)
        if not files:
            return False
        with opened(files[0]) as file:
            return QPOS in file and ACTION in file

    @classmethod
    def open(cls, path: Path) -> OpenedAloha:
        """Read the arrays of all files, of which actions may be one fewer than rows in every file.

        Raises UnusableData where a file has others than the first.
        """
        files = _files(path)
        found = []
        for file in files:
            with opened(file) as handle:
                rows = len(handle[QPOS])
                fit = [c for c in arrays(handle) if c.rows == rows or (acts(c) and c.rows == rows - 1)]
                found.append(sorted(fit, key=lambda column: column.rows != rows))
        return OpenedAloha(path, files, found)


class OpenedAloha(Opened):
    """The arrays of every file, one file after the other."""

    starts_in_words = "every file is an episode: their order"

    def __init__(self, path: Path, files: Sequence[Path], found: Sequence[list[Column]]) -> None:
        names = [column.name for column in found[0]]
        for file, columns in zip(files, found, strict=True):
            if [column.name for column in columns] != names:
                problem = f"it has {shortened([column.name for column in columns])}"
                raise UnusableData(file, "arrays", problem, f"All files need those of {files[0].name}.")
        self._parts = [
            OpenedHdf5(file, columns, {column.name: [Hdf5Piece(column.name, column.rows)] for column in columns})
            for file, columns in zip(files, found, strict=True)
        ]
        counts = [columns[0].rows for columns in found]
        self.starts = starts_of_lengths(counts)
        self.words = f"{len(files):,} file{'s' * (len(files) > 1)}"
        short = [len(files) if column.rows < counts[0] else 0 for column in found[0]]
        super().__init__(path, [_column(own, sum(counts) - less) for own, less in zip(found[0], short, strict=True)])

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns; raises UnusableData where a file's vectors are of another length."""
        for part in self._parts:
            for name in names:
                if part.column(name).shape != self.column(name).shape:
                    problem = f"its rows have the shape {part.column(name).shape}, not {self.column(name).shape}"
                    raise UnusableData(part.path, name, problem, "All files need the same arrays.")
        found = [part.read(names) for part in self._parts]
        return {name: np.concatenate([values[name] for values in found]) for name in names}

    def frames(self, name: str) -> Frames:
        """Return a camera's pictures, of which only those asked for are read."""
        for part in self._parts:
            if self.column(name).type != "JPEG" and part.column(name).shape != self.column(name).shape:
                problem = f"its pictures have the shape {part.column(name).shape}, not {self.column(name).shape}"
                raise UnusableData(part.path, name, problem, "All files need the same arrays.")
        if self.column(name).type == "JPEG":
            return Following([PaddedJpegs(part.path, name, part.column(name).rows) for part in self._parts])
        return Following([part.frames(name) for part in self._parts])


class PaddedJpegs(Frames):
    """JPEG images as rows of bytes, padded with zeros to one length."""

    def __init__(self, path: Path, name: str, rows: int) -> None:
        self._path, self._name, self._rows = path, name, rows
        self.shape = (1, 1, 3)
        with opened(path) as file:
            first = self._picture(file[name][0], 0)
        self.shape = (first.shape[0], first.shape[1], 3)

    def __len__(self) -> int:
        return self._rows

    def stamp(self) -> str:
        return f"{self._path.name} {self._path.stat().st_size} {self._name}"

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        with opened(self._path) as file:
            dataset = file[self._name]
            for place, row in enumerate(rows.tolist()):
                picture = self._picture(dataset[row], row)
                if picture.shape != self.shape:
                    raise mixed_sizes(
                        self._path, f"{self._name}, row {row:,}", (picture.shape[0], picture.shape[1]), self.shape
                    )
                found[place] = picture
        return found

    def _picture(self, raw: np.ndarray, row: int) -> np.ndarray:
        try:
            with open_image(self._path, BytesIO(raw.tobytes())) as image:
                return decoded(self._path, image)
        except UnreadableFile as error:
            said = f"{self._name}, row {row:,} is no whole JPEG image ({error.reason})"
            raise UnreadableFile(self._path, said) from error


def _column(column: Column, rows: int) -> Column:
    if column.name.startswith(CAMERAS) and len(column.shape) == 1 and column.type == "uint8":
        return Column(column.name, rows, (), "JPEG", ColumnKind.PICTURE)
    return replace(column, rows=rows)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() in SUFFIXES else []
    found = [entry for entry in path.iterdir() if entry.suffix.lower() in SUFFIXES and entry.is_file()]
    return sorted(found, key=lambda entry: natural(entry.name))
