"""Lance tables, the default of stable-worldmodel: rows with `episode_idx` and `step_idx`, frames as JPEG bytes.

The layout: https://github.com/galilai-group/stable-worldmodel, stable_worldmodel/data/formats/lance.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.encoded_frames import EncodedFrames
from worldprobe.recordings.formats.arrow import arrow, as_numpy, column_of
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.formats.lance_process import LanceTable
from worldprobe.recordings.formats.lance_videos import LanceVideos, video_keys
from worldprobe.recordings.problems import SeveralReadings
from worldprobe.recordings.recorded_frames import Frames

SUFFIX = ".lance"
VERSIONS = "_versions"
"""The folder that every table has."""
COMPANIONS = ("_episodes", "_videos")
"""What stable-worldmodel adds to a table's name for tables that belong to it."""
AT_A_TIME = 256
"""Rows of encoded frames that are held at a time."""


@FORMATS.register("lance")
class Lance(Format):
    """A folder named *.lance, or one with a single such folder in it; every column of the table is a column."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the name of the folder, or of one in it."""
        return bool(tables_in(path))

    @classmethod
    def open(cls, path: Path) -> OpenedLance:
        """Read the schema and the first row; raises SeveralReadings for a folder with several tables."""
        found = tables_in(path)
        if len(found) > 1:
            raise SeveralReadings(path, "table", [table.name for table in found], f"the path of one, as {found[0]}")
        return OpenedLance(path, LanceTable(found[0]))


def tables_in(path: Path) -> list[Path]:
    """Return the Lance tables that a path names: itself, or those in it that belong to no other."""
    if path.suffix.lower() == SUFFIX:
        return [path] if (path / VERSIONS).is_dir() else []
    found = sorted(entry for entry in path.glob(f"*{SUFFIX}") if (entry / VERSIONS).is_dir()) if path.is_dir() else []
    stems = {entry.stem for entry in found}
    return [entry for entry in found if not any(_base(entry.stem, end) in stems for end in COMPANIONS)]


def _base(stem: str, end: str) -> str | None:
    return stem.removesuffix(end) if stem.endswith(end) else None


class OpenedLance(Opened):
    """The columns of a table, of which whole ones are read; frames are fetched by row."""

    def __init__(self, path: Path, table: LanceTable) -> None:
        self._table = table
        first = table.read(None, [0])
        rows = int(first.schema.metadata[b"rows"])
        with arrow(table.path):
            columns = [column_of(table.path, name, rows, first.column(name)[0]) for name in first.column_names]
        self._videos = LanceTable(table.path.with_name(f"{table.path.stem}_videos{SUFFIX}"))
        if self._videos.path.is_dir():
            columns += [Column(name, rows, (), "videos", ColumnKind.PICTURE) for name in video_keys(self._videos)]
        super().__init__(path, columns)
        self.words = "" if path == table.path else table.path.name

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns."""
        found = self._table.read(names)
        with arrow(self._table.path):
            return {name: as_numpy(self._table.path, name, found.column(name)) for name in names}

    def frames(self, name: str) -> Frames:
        """Return a binary column as pictures, or the videos of the table's companion."""
        if self.column(name).type == "videos":
            return LanceVideos(self._videos, name, self.read(["episode_idx"])["episode_idx"])
        return LanceFrames(self._table, name, self.rows)


class LanceFrames(EncodedFrames):
    """Image files in a binary column, fetched by row."""

    def __init__(self, table: LanceTable, name: str, rows: int) -> None:
        self._table = table
        super().__init__(table.path, name, rows)

    def stamp(self) -> str:
        return f"{self._name} {self._rows} {self._table.stamp()}"

    def _contents(self, rows: Int[np.ndarray, " k"]) -> Iterator[bytes]:
        for start in range(0, len(rows), AT_A_TIME):
            found = self._table.read([self._name], rows[start : start + AT_A_TIME].tolist())
            for value in found.column(0):
                yield value.as_py() or b""
