"""HDF5 with a group an episode, `demo_K`, `traj_K`, `episode_K` or `K`, as ManiSkill and many scripts write it.

The layout of ManiSkill: https://maniskill.readthedocs.io/en/latest/user_guide/datasets/demos.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from worldprobe.recordings.capacity import check_capacity
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.episodes import starts_of_lengths
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.hdf5 import (
    PIECE_BYTES,
    Hdf5Piece,
    OpenedHdf5,
    arrays,
    holds_group,
    is_hdf5,
    opened,
)
from worldprobe.recordings.problems import UnusableData

if TYPE_CHECKING:
    import h5py

EPISODE = re.compile(r"(?:(?:demo|traj|trajectory|episode|ep|run|rollout|trial|clip)_?)?(\d+)", re.IGNORECASE)


@FORMATS.register("hdf5-episodes")
class Hdf5Episodes(Format):
    """Every group is an episode, in the order of the numbers in their names; all have the same arrays."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the names of the groups, where the layout is not Minari's."""
        if not is_hdf5(path):
            return False
        with opened(path) as file:
            return bool(episodes_of(file))

    @classmethod
    def open(cls, path: Path) -> OpenedSteps:
        """Read the lengths of all episodes and the arrays of the first.

        Arrays have a row for every step, or one more where an observation follows the last action. Raises UnusableData
        for a group without the arrays of the first.
        """
        with opened(path) as file:
            names = episodes_of(file)
            first = arrays(file[names[0]])
            check_capacity(f"{path}, episodes", PIECE_BYTES * len(names) * max(len(first), 1))
            longest = _rows(first)
            kept = [column for column in first if column.rows in (longest, longest - 1)]
            leading = next((column.name for column in kept if column.rows == longest), None)
            if leading is None:
                raise UnusableData(path, names[0], "it has no arrays", "Was the file written to its end?")
            counts = [_length(path, file, f"{name}/{leading}") for name in names]
        found = steps_of(path, names, kept, counts)
        found.starts_in_words = re.sub(r"\d+$", "K", names[0])
        found.words = f"{len(names):,} episodes" + found.words
        return found


def steps_of(path: Path, groups: Sequence[str], columns: Sequence[Column], counts: Sequence[int]) -> OpenedSteps:
    """Return the columns of the first group over all groups, of so many rows each, or of one row less.

    Its `words` say whether any has one row less.
    """
    kept: list[Column] = []
    pieces: dict[str, list[Hdf5Piece]] = {}
    for column in columns:
        fewer = counts[0] - column.rows
        pieces[column.name] = [
            Hdf5Piece(f"{name}/{column.name}", count - fewer) for name, count in zip(groups, counts, strict=True)
        ]
        number = column.kind is ColumnKind.NUMBER and fewer
        if number or not fewer:
            kept.append(replace(column, rows=sum(counts), type="float64" if number else column.type))
    found = OpenedSteps(path, kept, pieces)
    found.starts = starts_of_lengths(counts)
    if any(column.rows < counts[0] for column in columns):
        found.words = ", each with an observation after its last action"
    return found


class OpenedSteps(OpenedHdf5):
    """Columns of which those with a value a step lack one in the last row of every episode: it is NaN."""

    def _values(self, file: h5py.File, column: Column) -> np.ndarray:
        pieces = self._pieces[column.name]
        if whole_column(self._pieces, column, column.rows):
            return super()._values(file, column)
        values = np.full((column.rows, *column.shape), np.nan)
        at = 0
        for piece in pieces:
            dataset = self._dataset(file, column, piece)
            values[at : at + piece.rows] = dataset[...]
            at += piece.rows + 1
        return values


def whole_column(pieces: Mapping[str, Sequence[Hdf5Piece]], column: Column, rows: int) -> bool:
    """Return whether a column has a value in every row, so that none is NaN."""
    return sum(piece.rows for piece in pieces[column.name]) == rows


def episodes_of(file: h5py.File) -> list[str]:
    """Return the groups that are episodes, in the order of their numbers; none where arrays lie next to them.

    None either where the first is an episode of Minari, which has a reader of its own.
    """
    found = {name: match for name in file if (match := EPISODE.fullmatch(name))}
    stems = {name.removesuffix(match[1]) for name, match in found.items()}
    if not found or len(stems) > 1 or not all(holds_group(file, name) for name in file):
        return []
    first = file[next(iter(found))]
    if {"observations", "actions"} <= set(first) and ("truncations" in first or "rewards" in first):
        return []
    return sorted(found, key=lambda name: int(found[name][1]))


def _rows(columns: Sequence[Column]) -> int:
    """Return how many rows an episode has: the most common number, or one more where other arrays have that."""
    counts = Counter(column.rows for column in columns)
    common = counts.most_common(1)[0][0] if counts else 0
    return common + 1 if common + 1 in counts else common


def _length(path: Path, file: Any, name: str) -> int:
    dataset = file.get(name)
    if not getattr(dataset, "shape", ()):
        raise UnusableData(path, name, "there is no such array", "All episodes need the arrays of the first.")
    if not dataset.shape[0]:
        raise UnusableData(path, name, "it has no rows", "Leave the episode out.")
    return int(dataset.shape[0])
