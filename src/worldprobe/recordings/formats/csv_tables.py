"""CSV, TSV and other tables in text, alone or one file an episode: separator and header are found by content."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from worldprobe.recordings.formats.arrow import as_numpy, joined
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.tables import OpenedTables, columns_of, tables
from worldprobe.recordings.formats.text_tables import TextTable, is_text_table, parsed

SUFFIXES = {".csv", ".tsv"}
OTHER_SUFFIXES = {".txt", ".dat", ".log", ".asc", ".tab", ".tum"}
"""Of text that is a table only where its content is one."""
MOST_FILES = 1000
"""Files of a folder up to which each one's content is looked at."""


class OpenedCsv(OpenedTables):
    """Tables in text, which are parsed once."""

    def __init__(self, path: Path, files: Sequence[Path], read: Sequence[TextTable]) -> None:
        self._tables = [one.table for one in read]
        columns = columns_of(files, [(table.schema.names, table.num_rows, table) for table in self._tables])
        super().__init__(path, files, columns, [table.num_rows for table in self._tables])
        self.words = ", ".join(filter(None, [self.words, read[0].words]))

    def _table(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        return {
            name: joined(
                self._files,
                name,
                [as_numpy(file, name, t.column(name)) for file, t in zip(self._files, self._tables, strict=True)],
            )
            for name in names
        }


@FORMATS.register("csv")
class Csv(Format):
    """A table in text, or a folder of them: commas, tabs, semicolons or spaces, with a header line or without."""

    general = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix, and by the content of files named *.txt and the like."""
        return bool(_files(path))

    @classmethod
    def open(cls, path: Path) -> OpenedCsv:
        """Parse the files; raises UnreadableFile for a line that is cut short."""
        files = _files(path)
        return OpenedCsv(path, files, [parsed(file) for file in files])


def _files(path: Path) -> list[Path]:
    """Return the tables that a path names: those called so, else files named *.txt and the like that are tables."""
    named = tables(path, SUFFIXES)
    if named or sum(1 for _ in islice(path.iterdir() if path.is_dir() else (), MOST_FILES + 1)) > MOST_FILES:
        return named
    return [file for file in tables(path, OTHER_SUFFIXES) if is_text_table(file)]
