"""Components of columns by name: "state", "state[2]", "state[0:3]", "state[elbow]", and what is done to them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.formats.format import Opened
from worldprobe.recordings.problems import UnusableData
from worldprobe.recordings.treatments import TREATMENTS

ANY = "*"
"""What stands for any text in the name of several columns: "variation.*"."""
JOIN = "+"
"""What joins numbers that are treated together: "qx+qy+qz+qw[angles]"."""


@dataclass(frozen=True)
class RecordingPart:
    """Some components of a column, in order."""

    column: Column
    places: Sequence[int]

    def __str__(self) -> str:
        whole = len(self.places) == self.column.width
        if whole:
            return self.column.name + ("" if self.column.single else f" ({self.column.width} numbers)")
        return ", ".join(f"{self.column.name}[{place}]" for place in self.places)


@dataclass(frozen=True)
class Treated:
    """A treatment of some numbers of the parts side by side."""

    first: int
    stop: int
    treatment: str


def whole(column: Column) -> RecordingPart:
    """Return all components of a column."""
    return RecordingPart(column, range(column.width))


def parts_of(opened: Opened, texts: Sequence[str]) -> tuple[tuple[RecordingPart, ...], tuple[Treated, ...]]:
    """Return what names stand for, and which of the numbers are treated; raises UnknownName and InvalidValue."""
    parts: list[RecordingPart] = []
    treated: list[Treated] = []
    for text in (one for given in texts for one in _matching(opened, given)):
        name, treatment = _treatment(opened, text)
        known = {column.name for column in opened.columns}
        pieces = [name] if treatment is None or name in known else name.split(JOIN)
        before = sum(len(part.places) for part in parts)
        parts += [_part(opened, piece) for piece in pieces]
        if treatment is not None:
            treated.append(Treated(before, sum(len(part.places) for part in parts), treatment))
    return tuple(parts), tuple(treated)


def _matching(opened: Opened, text: str) -> list[str]:
    """Return the numbers and vectors that a pattern with "*" names, in the file's order; any other text as it is."""
    if ANY not in text or text in {column.name for column in opened.columns}:
        return [text]
    pattern = ".*".join(map(re.escape, text.split(ANY)))
    return [c.name for c in opened.columns if _numeric(c) and re.fullmatch(pattern, c.name, re.DOTALL)] or [text]


def _numeric(column: Column) -> bool:
    return column.kind in (ColumnKind.NUMBER, ColumnKind.TRUTH) and column.flat


def _treatment(opened: Opened, text: str) -> tuple[str, str | None]:
    """Return a name without its treatment, "yaw[unwrap]"; a component that is called so goes first."""
    match = re.fullmatch(r"(?P<name>.+)\[(?P<inside>[^\[\]]+)\]", text)
    if match is None or match["inside"] not in TREATMENTS:
        return text, None
    for column in opened.columns:
        if column.name == text or (column.name == match["name"] and match["inside"] in (column.components or ())):
            return text, None
    return match["name"], match["inside"]


def _part(opened: Opened, text: str) -> RecordingPart:
    known = {column.name for column in opened.columns}
    match = re.fullmatch(r"(?P<name>.+)\[(?P<inside>[^\[\]]+)\]", text)
    if text in known or match is None or match["name"] not in known:
        part = whole(opened.column(text))
    else:
        column = opened.column(match["name"])
        part = RecordingPart(column, _places(column, match["inside"]))
    column = part.column
    if not _numeric(column):
        problem = f"it holds {column.type} of shape {column.shape} a row, not numbers or vectors"
        raise UnusableData(opened.path, f"column {column.name!r}", problem, "Name a column of numbers.")
    return part


def _places(column: Column, inside: str) -> Sequence[int]:
    if column.components and inside in column.components:
        return (column.components.index(inside),)
    numbers = re.fullmatch(r"(\d{1,9})|(\d{0,9}):(\d{0,9})", inside)
    if numbers is None:
        known = [*(column.components or ("0", f"0:{column.width}")), *TREATMENTS]
        raise UnknownName(f"component of {column.name!r}", inside, known)
    first, stop = (numbers[2], numbers[3]) if numbers[1] is None else (numbers[1], str(int(numbers[1]) + 1))
    start, end = int(first or 0), int(stop or column.width)
    if not start < end <= column.width:
        raise InvalidValue(f"{column.name}[...]", inside, f"0 .. {column.width - 1}")
    return range(start, end)


def titles(parts: Sequence[RecordingPart]) -> tuple[str, ...]:
    """Return a name for every number of the parts: the components' own, with their columns where those would clash."""
    short = [part.column.component(place) for part in parts for place in part.places]
    if len(set(short)) == len(short):
        return tuple(short)
    long = [f"{part.column.name}[{part.column.component(place)}]" for part in parts for place in part.places]
    return tuple(long)


def units(parts: Sequence[RecordingPart]) -> tuple[str, ...]:
    """Return the unit of every number of the parts."""
    return tuple(part.column.unit(place) for part in parts for place in part.places)


def assembled(parts: Sequence[RecordingPart], values: dict[str, np.ndarray]) -> np.ndarray:
    """Return the parts side by side, (rows, n): float32 where nothing is lost by it, else float64."""
    read = [values[part.column.name] for part in parts]
    arrays = [array.reshape(len(array), math.prod(array.shape[1:])) for array in read]
    wanted = np.result_type(np.float32, *(array.dtype for array in arrays))
    dtype = np.float32 if wanted == np.float32 else np.float64
    if len(parts) == 1 and len(parts[0].places) == arrays[0].shape[1]:
        return np.ascontiguousarray(arrays[0], dtype=dtype)
    both = np.empty((len(arrays[0]), sum(len(part.places) for part in parts)), dtype=dtype)
    at = 0
    for part, array in zip(parts, arrays, strict=True):
        both[:, at : at + len(part.places)] = array[:, list(part.places)]
        at += len(part.places)
    return both
