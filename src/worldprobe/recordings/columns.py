"""Columns of a recording: what is in a file before anybody decides what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from worldprobe.recordings.episode_marks import mark_of
from worldprobe.recordings.pictures import may_be_pictures


class ColumnKind(StrEnum):
    """What the values of a column are."""

    NUMBER = "number"
    TRUTH = "truth"
    MOMENT = "moment"
    TEXT = "text"
    PICTURE = "picture"
    OTHER = "other"


class ColumnRole(StrEnum):
    """What a column can be in a recording."""

    STATES = "states"
    ACTIONS = "actions"
    FRAMES = "frames"
    EPISODE = "episode"
    TIME = "time"


@dataclass(frozen=True)
class Column:
    """One array of a recording, named as the file names it."""

    name: str
    rows: int
    shape: tuple[int, ...]
    """Of one row: () for a number, (6,) for a vector, (H, W, 3) for a picture."""
    type: str
    kind: ColumnKind
    components: tuple[str, ...] | None = None
    """Names of a vector's components, where the file has them."""
    units: tuple[str, ...] | None = None
    """Of its components, where the layout says them."""

    @classmethod
    def numbers(cls, name: str, rows: int, width: int, type: str = "float32") -> Column:
        """Return a column whose rows are vectors of `width` numbers."""
        return cls(name, rows, (width,), type, ColumnKind.NUMBER)

    @property
    def width(self) -> int:
        """How many numbers one row has."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def flat(self) -> bool:
        """Whether a row is a number or a vector."""
        return len(self.shape) <= 1

    @property
    def single(self) -> bool:
        """Whether a row is one value."""
        return self.shape in ((), (1,))

    def component(self, place: int) -> str:
        """Return the name of a component: the file's own, or its number in brackets."""
        if self.components:
            return self.components[place]
        return self.name if self.single else f"{self.name}[{place}]"

    def unit(self, place: int) -> str:
        """Return the unit of a component, or that it is as recorded."""
        return self.units[place] if self.units else "as recorded"


_KINDS = {
    "f": ColumnKind.NUMBER,
    "i": ColumnKind.NUMBER,
    "u": ColumnKind.NUMBER,
    "b": ColumnKind.TRUTH,
    "M": ColumnKind.MOMENT,
} | dict.fromkeys("SUO", ColumnKind.TEXT)

_WORDS: dict[ColumnRole | None, tuple[str, ...]] = {
    ColumnRole.TIME: (
        *("time", "times", "timestamp", "timestamps", "stamp", "t", "frame_index", "index"),
        *("step", "steps", "step_idx", "step_index", "step_id", "step_ids", "timestep", "timesteps"),
        *("", "unnamed: 0", "__index_level_0__"),  # the index that pandas writes next to the columns
    ),
    ColumnRole.ACTIONS: ("action", "actions", "act", "acts", "ctrl"),
    None: (*("reward", "rewards", "return", "returns", "discount", "success", "task_index", "task_id"),),
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words}
"""Names that say what a column is; any other number or vector may be a state."""
_LABEL = re.compile(r"\w+_(ids?|idx|index|indices)")
"""Numbers called so tell things apart: "instruction_id" is no quantity."""
_UNIT = re.compile(r"[ _]*(\(\w*\)|\[\w*\])|(?<=.)_(s|secs?|seconds|ms|millis|us|ns|nanos|nsecs?)")
"""What may follow the name of a time: " (s)", "[ns]", "_ms"."""


def kind_of(dtype: np.dtype, shape: tuple[int, ...]) -> ColumnKind:
    """Return what an array's values are, from its type and the shape of one row."""
    if may_be_pictures(dtype, shape):
        return ColumnKind.PICTURE
    return _KINDS.get(dtype.kind, ColumnKind.OTHER)


def last_word(name: str) -> str:
    """Return the part of a dotted or slashed name that says what it is: "reward" of "next.reward"."""
    return name.replace("/", ".").rsplit(".", maxsplit=1)[-1].lower()


def _plain(word: str) -> str:
    """Return the name of a time without the unit at its end."""
    unit = next((found for found in _UNIT.finditer(word) if found.end() == len(word)), None)
    bare = word[: unit.start()].strip() if unit else word
    return bare if _ROLES.get(bare) is ColumnRole.TIME else word


def acts(column: Column) -> bool:
    """Whether a column has an action's name; an episode may have one action fewer than states."""
    return _ROLES.get(last_word(column.name)) is ColumnRole.ACTIONS


def role_of(column: Column, rows: int) -> ColumnRole | None:
    """Return what a column could be in a recording of `rows` rows, by its name and type; None for nothing."""
    word = last_word(column.name)
    mark = mark_of(word) if column.single else None
    said = ColumnRole.EPISODE if mark else _ROLES.get(_plain(word), ColumnRole.STATES)
    if column.kind is ColumnKind.PICTURE:
        return ColumnRole.FRAMES
    if column.kind is ColumnKind.MOMENT:
        return ColumnRole.TIME if column.single else None
    if column.kind in (ColumnKind.TEXT, ColumnKind.TRUTH):
        fits = mark is not None and mark.flags == (column.kind is ColumnKind.TRUTH) and column.single
        return ColumnRole.EPISODE if fits else None
    if column.kind is not ColumnKind.NUMBER or not column.flat or not column.width:
        return None
    if said in (ColumnRole.EPISODE, ColumnRole.TIME):
        return said if column.single else None
    if said is ColumnRole.STATES and column.single and _LABEL.fullmatch(word):
        return None
    return said if said is not ColumnRole.STATES or column.shape or column.rows == rows else None


@dataclass(frozen=True)
class Found:
    """One line of what `describe` finds."""

    column: Column
    range: tuple[float, float] | None
    """The smallest and largest finite number; None where there are no numbers to compare, NaN where none is finite."""
    role: ColumnRole | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array, rows first."""
        return (self.column.rows, *self.column.shape)

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return name, shape, type, range and role as text."""
        spread = "" if self.range is None else f"{self.range[0]:.6g} .. {self.range[1]:.6g}"
        shape = " x ".join(f"{size:,}" for size in self.shape)
        return self.column.name, shape, self.column.type, spread, self.role or ""


@dataclass(frozen=True)
class ColumnTable:
    """What is in a recording, column by column; `str` gives it as aligned text."""

    path: Path
    format: str
    columns: tuple[Found, ...]

    def candidates(self, role: ColumnRole) -> tuple[str, ...]:
        """Return the names of the columns that could play a role."""
        return tuple(found.column.name for found in self.columns if found.role is role)

    def __str__(self) -> str:
        lines = [("column", "shape", "type", "range", "candidate for"), *(found.cells() for found in self.columns)]
        return f"{self.path} ({self.format})\n{aligned(lines)}"


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as text whose columns line up."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    padded = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join(line.rstrip() for line in padded)
