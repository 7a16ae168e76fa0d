"""Which format a file or folder is in, and what columns it has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from worldprobe._util import memory
from worldprobe.errors import option
from worldprobe.recordings.columns import ColumnKind, ColumnTable, Found, role_of
from worldprobe.recordings.conversions import how_to_convert
from worldprobe.recordings.formats import FORMATS, Opened
from worldprobe.recordings.hub import downloaded, hint
from worldprobe.recordings.nearest_layout import nearest_layout
from worldprobe.recordings.problems import SeveralReadings, UnknownLayout, UnreadableFile, is_lfs_pointer, shortened

BATCH_BYTES = 256 << 20
"""About how much `describe` reads at a time."""


def describe(path: str | Path, *, format: str | None = None) -> ColumnTable:
    """Return every column of a recording: name, shape, type, range, and what it is a candidate for.

    Numbers are read to find their range, NaN and infinity left out; pictures are not read. Raises as `read_recording`.
    """
    name, opened = open_recording(path, format)
    ranges: dict[str, tuple[float, float]] = {}
    for names in _batches(opened):
        ranges.update({column: _range(values) for column, values in opened.read(names).items() if values.size})
    found = (Found(column, ranges.get(column.name), role_of(column, opened.rows)) for column in opened.columns)
    return ColumnTable(opened.path, ", ".join(filter(None, [name, opened.words])), tuple(found))


def _batches(opened: Opened) -> Iterator[list[str]]:
    """Give the names of the columns that have a range, as many at a time as fit in little memory."""
    names: list[str] = []
    size = 0
    for column in opened.columns:
        if column.kind in (ColumnKind.NUMBER, ColumnKind.TRUTH) and column.flat and column.rows:
            if 8 * column.rows * column.width > (memory.available_bytes() or BATCH_BYTES):
                continue  # described without a range
            if names and size + 8 * column.rows * column.width > BATCH_BYTES:
                yield names
                names, size = [], 0
            names.append(column.name)
            size += 8 * column.rows * column.width
    if names:
        yield names


def _range(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)


def open_recording(path: str | Path, format: str | None = None) -> tuple[str, Opened]:
    """Return the format's name and the opened recording; raises UnreadableFile and UnknownLayout."""
    path = downloaded(path) or Path(os.path.expanduser(path))
    if not path.exists():
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, siblings, n=1)
        raise UnreadableFile(
            path, "there is no such file or folder", f"Did you mean {near[0]!r}?" if near else hint(path)
        )
    if not path.is_file() and not path.is_dir():
        raise UnreadableFile(path, "it is neither a file nor a folder", "Copy what it gives into a file.")
    if path.is_file() and not path.stat().st_size:
        raise UnreadableFile(path, "it is empty")
    if is_lfs_pointer(path):
        raise UnreadableFile(path, "")
    if format is not None:
        kind = FORMATS[format]
        if not kind.recognises(path):
            raise UnknownLayout(f"{path} is not in the format {format!r}; it looks like {_looks_like(path)}.")
        return format, kind.open(path)
    names = recognised(path)
    if len(names) > 1:
        raise SeveralReadings(path, "format", names, f"{option('format', names[0])} or another")
    if not names:
        said = how_to_convert(path) or f"Known: {', '.join(FORMATS)}."
        raise UnknownLayout(
            f"{path} is in no known format; it looks like {_looks_like(path)}.{nearest_layout(path)} {said}"
        )
    return names[0], FORMATS[names[0]].open(path)


def recognised(path: Path) -> list[str]:
    """Return the formats that a file or folder could be read as; a general one only where no other is there."""
    found = {name: kind for name, kind in FORMATS.items() if kind.recognises(path)}
    own = [name for name, kind in found.items() if not kind.general]
    return own or list(found)


def _looks_like(path: Path) -> str:
    names = recognised(path)
    if names:
        return f"the format {names[0]!r}"
    if path.is_dir():
        inside = sorted(entry.name + "/" * entry.is_dir() for entry in path.iterdir())
        return f"a folder with {shortened(inside)}" if inside else "an empty folder"
    return f"a file named *{path.suffix}" if path.suffix else "a file without a suffix"
