"""Parquet tables, alone or one file an episode, with frames in the same folder: images, or a video; the base of CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from worldprobe.errors import UnknownName
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.formats.arrow import (
    ParquetPictures,
    arrow,
    column_of,
    parquet_file,
    parquet_numpy,
)
from worldprobe.recordings.formats.beside import Beside
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.local_paths import local_names
from worldprobe.recordings.problems import UnusableData, shortened
from worldprobe.recordings.recorded_frames import Frames, ImageFiles, natural

if TYPE_CHECKING:
    pass

FILE = "file"
"""The column with the number of the table that a row is from: each table may be one episode."""
IN_FILES = "in files"
"""What the type of a column of image paths ends with; the folder that they lie in is not offered besides."""


class OpenedTables(Opened):
    """The columns of tables that are read one after the other, and the frames in their folder."""

    def __init__(self, path: Path, files: Sequence[Path], columns: Sequence[Column], counts: Sequence[int]) -> None:
        self._files, self._counts, self._beside = files, counts, Beside(files, counts)
        own = [Column(FILE, sum(counts), (), f"{len(files):,} files", ColumnKind.TEXT)] if len(files) > 1 else []
        if path.is_dir():
            listed = any(column.type.endswith(IN_FILES) for column in columns)
            own += [column for column in self._beside.found() if not (listed and column.type.startswith("images"))]
            self.words = f"{len(files):,} files" if len(files) > 1 else files[0].name
        super().__init__(path, [*columns, *own])

    @property
    def rows(self) -> int:
        """How many rows the tables have, whatever lies next to them."""
        return sum(self._counts)

    def frame_column(self, name: str) -> Column:
        """Return a column, or the frames of an image folder or video in the table's folder."""
        if name in {column.name for column in self.columns}:
            return self.column(name)
        column = self._beside.named(name)
        if column is None:
            known = [*(column.name for column in self.columns), *self._beside.names()]
            raise UnknownName(f"column of {self.path}, or image folder or video in its folder,", name, known)
        return column

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns; the column "file" numbers the files."""
        found = self._table([name for name in names if name != FILE or len(self._files) == 1])
        if FILE in names and FILE not in found:
            found[FILE] = np.repeat(np.arange(len(self._files)), self._counts)
        return found

    def frames(self, name: str) -> Frames:
        """Return frames in the order of the rows: of a video, of an image folder, or of a column."""
        if name in self._beside:
            return self._beside.frames(name)
        if self.column(name).type.endswith(IN_FILES):
            folder = self._files[0].parent
            return ImageFiles(folder, local_names(folder, self._table([name])[name].tolist()))
        return self._pictures(name)

    def _table(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        return parquet_numpy(self._files, names)

    def _pictures(self, name: str) -> Frames:
        return ParquetPictures(self._files, name, self.column(name).shape)


@FORMATS.register("parquet")
class Parquet(Format):
    """A Parquet file, or a folder of them that is no LeRobot dataset; lists of one length are vectors."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix."""
        return bool(tables(path, {".parquet", ".pq"}))

    @classmethod
    def open(cls, path: Path) -> OpenedTables:
        """Read the schemas and the first row."""
        files = tables(path, {".parquet", ".pq"})
        read = []
        for file in files:
            with arrow(file):
                opened = parquet_file(file)
                first = next(opened.iter_batches(1), None)
                read.append((opened.schema_arrow.names, opened.metadata.num_rows, first))
        return OpenedTables(path, files, columns_of(files, read), [rows for _, rows, _ in read])


def tables(path: Path, suffixes: set[str]) -> list[Path]:
    """Return the tables that a path names: itself, or those in it, in the order of the numbers in their names."""
    if path.is_file():
        return [path] if path.suffix.lower() in suffixes else []
    if (path / "meta" / "info.json").exists():
        return []
    found = [entry for entry in path.iterdir() if entry.suffix.lower() in suffixes and entry.is_file()]
    return sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda entry: natural(entry.name))


def columns_of(files: Sequence[Path], read: Sequence[tuple[list[str], int, Any]]) -> list[Column]:
    """Return the columns that all files have; raises UnusableData where they differ or are named twice."""
    names = read[0][0]
    for file, (here, *_) in zip(files, read, strict=True):
        if len(set(here)) < len(here):
            twice = sorted({name for name in here if here.count(name) > 1})
            raise UnusableData(file, "columns", f"there are several named {shortened(twice)}", "Rename them.")
        if here != names:
            problem = f"it has the columns {shortened(here)}, but {files[0].name} {shortened(names)}"
            mend = "All files need the same columns: name one file, or move the others away."
            raise UnusableData(file, "columns", problem, mend)
    rows = sum(count for _, count, _ in read)
    filled = next(((file, table) for file, (_, count, table) in zip(files, read, strict=True) if count), None)
    if filled is None:
        raise UnusableData(files[0], "rows", "there are none")
    return [_described(filled[0], name, rows, filled[1].column(name)) for name in names]


def _described(file: Path, name: str, rows: int, values: Any) -> Column:
    column = column_of(file, name, rows, values[0])
    if column.kind is ColumnKind.PICTURE and isinstance(values[0].as_py(), str):
        return replace(column, type=f"{column.type} {IN_FILES}")
    if column.kind is ColumnKind.TEXT and is_number(values[0].as_py() or ""):
        odd = next((place for place, value in enumerate(values) if not is_number(value.as_py() or "nan")), None)
        return column if odd is None else replace(column, type=f"text (row {odd:,} is {values[odd].as_py()!r})")
    return column


def is_number(text: str) -> bool:
    """Return whether text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
