"""What a format is: it recognises a file or folder, and opens it as columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Int

from worldprobe._util.registry import Registry
from worldprobe.errors import UnknownName
from worldprobe.recordings.columns import Column
from worldprobe.recordings.problems import UnknownLayout
from worldprobe.recordings.recorded_frames import Frames

FORMATS: Registry[type[Format]] = Registry("format", "worldprobe formats", "worldprobe.recordings.formats")
"""Every layout that recordings are read from; register a subclass of Format to add one."""

Values = Mapping[str, np.ndarray]


class Opened(ABC):
    """A recording whose columns are known and whose rows are not read yet."""

    def __init__(self, path: Path, columns: Iterable[Column]) -> None:
        self.path, self.columns = path, tuple(columns)

    starts: Int[np.ndarray, " episodes"] | None = None
    """The first row of every episode, where the layout itself says so; else an episode column may."""
    padded: Bool[np.ndarray, " rows"] | None = None
    """Which rows only fill up an episode and are left out, where the layout has such rows."""
    starts_in_words: str = ""
    """Where in the file the starts are recorded."""

    words: str = ""
    """What the layout says of itself, beyond the format's name ("v2.1, 30 frames a second")."""

    @property
    def rows(self) -> int:
        """How many rows the longest column has."""
        return max((column.rows for column in self.columns), default=0)

    def column(self, name: str) -> Column:
        """Return a column by name; raises UnknownName, with the nearest name, for one that there is not."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownName(f"column of {self.path}", name, (column.name for column in self.columns))

    def frame_column(self, name: str) -> Column:
        """Return the column that holds frames; a table also takes the name of a folder or video in its folder."""
        return self.column(name)

    @abstractmethod
    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns: numbers (rows,) or (rows, n), text as integer codes or strings, times as integers.

        Raises UnreadableFile where a file is cut short, UnusableData for lists of mixed lengths.
        """

    @abstractmethod
    def frames(self, name: str) -> Frames:
        """Return a column of pictures, which is read when it is asked for."""


class Format(ABC):
    """A layout of recordings on disk."""

    registry: ClassVar[Registry[type[Format]]] = FORMATS
    general: ClassVar[bool] = False
    """Whether another format that recognises the same path is the right one, since this one takes any HDF5 or text."""

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Return whether a file or folder has this layout; it exists and is not empty."""

    @classmethod
    @abstractmethod
    def open(cls, path: Path) -> Opened:
        """Read which columns there are; raises UnreadableFile where the file is not whole."""


def numbers(array: np.ndarray) -> np.ndarray:
    """Return times as integers, and everything else as it is."""
    return array.astype(np.int64) if array.dtype.kind in "mM" else array


def wrong_layout(path: Path, wanted: str, seen: str) -> UnknownLayout:
    """Return the error for a file that is not laid out as its format says."""
    return UnknownLayout(f"{path} is not a recording in the layout of {wanted}: {seen}.")
