"""Tables in text: which character separates the columns, whether there is a header line, and what it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from worldprobe.recordings.capacity import check_file
from worldprobe.recordings.formats.arrow import arrow
from worldprobe.recordings.formats.tables import is_number
from worldprobe.recordings.recorded_frames import IMAGE_SUFFIXES

if TYPE_CHECKING:
    import pyarrow as pa

HEAD = 1 << 16
"""Characters from which separator and header are found."""
COMMENTS = ("#", "%", "//")
SPACES = " "
_SEPARATORS = (",", "\t", ";", SPACES)


@dataclass(frozen=True)
class TextTable:
    """A parsed table, and what is said of how it was read."""

    table: pa.Table
    words: str = ""


@dataclass(frozen=True)
class TextLayout:
    """How a table lies in its file."""

    separator: str
    names: tuple[str, ...]
    before: int
    """Lines before the first row."""
    named: bool
    """Whether the file names its columns."""
    decimal_comma: bool = False

    @property
    def words(self) -> str:
        """What is said of it; nothing for a header line and commas or tabs."""
        columns = f"columns are {self.names[0]} .. {self.names[-1]}" if len(self.names) > 1 else "its column is c0"
        said = [] if self.named else [f"no header line, {columns}"]
        if self.separator in (";", SPACES):
            said.append(f"separated by {'semicolons' if self.separator == ';' else 'spaces'}")
        return ", ".join([*said, *(["decimal commas"] if self.decimal_comma else [])])


def is_text_table(path: Path) -> bool:
    """Return whether text is a table, at least half of whose first rows are numbers; of one column, all are."""
    head = _head(path)
    if "\0" in head or "\ufffd" in head[: HEAD // 2]:
        return False
    layout = layout_of_text(head)
    rows = [_fields(line, layout.separator) for line in head.splitlines()[layout.before : layout.before + 3]]
    rows = rows[:-1] if len(head) >= HEAD and len(rows) > 1 else rows
    if len(layout.names) == 1 and len(rows) < 2:
        return False
    fit = [len(row) == len(layout.names) and 2 * sum(map(is_number, row)) >= len(row) for row in rows]
    return bool(fit) and all(fit)


def layout_of_text(head: str) -> TextLayout:
    """Return how a table lies, from the beginning of its file.

    A first row with numbers or pictures in it is no header, unless the row below has numbers where it has words: names
    come from the last comment above it where that has as many words, and are c0, c1 ... where not.
    """
    lines = head.splitlines()
    before = 0
    while before < len(lines) and (lines[before].lstrip().startswith(COMMENTS) or not lines[before].strip()):
        before += 1
    rows = lines[before : before + 2] or [""]
    separator = _separator(rows)
    first, *below = [[field.strip().strip('"') for field in _fields(row, separator)] for row in rows]
    comma = separator == ";" and any(re.fullmatch(r"-?\d+,\d+", field) for row in rows for field in row.split(";"))
    if _is_header(first, below[0] if below else [], comma):
        return TextLayout(separator, tuple(first), before + 1, True, comma)
    comment = _comment_names(lines[before - 1], separator) if before else []
    named = len(comment) == len(first) and len(set(comment)) == len(comment)
    names = comment if named else [f"c{place}" for place in range(len(first))]
    return TextLayout(separator, tuple(names), before, named, comma)


def parsed(path: Path) -> TextTable:
    """Parse a table; raises UnreadableFile for a line that is cut short."""
    check_file(path)
    with arrow(path):
        from pyarrow import csv

        layout = layout_of_text(_head(path))
        separator = "," if layout.separator == SPACES else layout.separator
        source: Path | BytesIO = _without_runs_of_spaces(path, layout) if layout.separator == SPACES else path
        skipped = 0 if layout.separator == SPACES else layout.before
        point = "," if layout.decimal_comma else "."
        found = csv.read_csv(
            source,
            read_options=csv.ReadOptions(skip_rows=skipped, column_names=_distinct(layout.names)),
            parse_options=csv.ParseOptions(delimiter=separator),
            convert_options=csv.ConvertOptions(decimal_point=point),
        )
        return TextTable(found.rename_columns(list(layout.names)), layout.words)


def _is_header(first: list[str], second: list[str], comma: bool) -> bool:
    """Return whether a row names the columns: its words, judged by the row below where numbers are among them."""

    def number(field: str) -> bool:
        return is_number(field.replace(",", ".") if comma else field)

    if not any(number(field) or PurePath(field).suffix.lower() in IMAGE_SUFFIXES for field in first):
        return True
    words = [place for place, field in enumerate(first) if not number(field) and (field or not place)]
    return any(place < len(second) and number(second[place]) for place in words)


def _head(path: Path) -> str:
    with open(path, encoding="utf-8-sig", errors="replace") as handle:
        return handle.read(HEAD)


def _separator(rows: list[str]) -> str:
    """Return the separator of which the first two lines have equally many; a comma where there is one column."""
    for separator in _SEPARATORS:
        counts = {len(_fields(row, separator)) for row in rows if row.strip()}
        if len(counts) == 1 and counts.pop() > 1:
            return separator
    return next((separator for separator in _SEPARATORS[:3] if separator in rows[0]), ",")


def _fields(line: str, separator: str) -> list[str]:
    return line.split() if separator == SPACES else line.rstrip("\r\n").split(separator)


def _comment_names(line: str, separator: str) -> list[str]:
    plain = line.strip().lstrip("#%/ ").strip()
    spaced = "," if separator == SPACES and "," in plain else separator
    return [name.strip() for name in _fields(plain, spaced)]


def _without_runs_of_spaces(path: Path, layout: TextLayout) -> BytesIO:
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()[layout.before :]
    return BytesIO("\n".join(",".join(line.split()) for line in lines if line.strip()).encode())


def _distinct(names: tuple[str, ...]) -> list[str]:
    """Return names that differ, for a parser that would refuse others before they are named in an error."""
    return [f"{place} {name}" for place, name in enumerate(names)]
