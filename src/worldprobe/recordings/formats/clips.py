"""Arrays of equally long episodes: (episodes, rows, ...) in every array, found by the two axes that all share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from worldprobe.recordings.columns import Column, ColumnKind, acts, kind_of, last_word

_LENGTHS = re.compile(r"(\w+_)?(len|length)s?")

WIDEST = 64
"""Numbers in a row up to which (episodes, rows, numbers) are vectors and not maps."""


@dataclass(frozen=True)
class ClipAxes:
    """How many episodes there are, of how many rows each."""

    episodes: int
    rows: int

    @property
    def starts(self) -> Int[np.ndarray, " episodes"]:
        """The first row of every episode."""
        return np.arange(self.episodes, dtype=np.int64) * self.rows

    @property
    def words(self) -> str:
        """What is said where arrays are read so."""
        return f"arrays of {self.episodes:,} episodes x {self.rows:,} rows"

    def holds(self, column: Column) -> bool:
        """Return whether a column, as it lies in the file, has both axes; of actions, one row less is enough."""
        return self.rows_of(column) > 0

    def rows_of(self, column: Column) -> int:
        """Return how many rows of every episode a column has; 0 for one without both axes."""
        if column.rows != self.episodes or not column.shape:
            return 0
        rows = column.shape[0]
        return rows if rows == self.rows or (rows == self.rows - 1 and acts(column)) else 0

    def flattened(self, column: Column) -> Column:
        """Return a column with a row for every row of every episode; one value an episode is no column of rows."""
        if not self.holds(column):
            return Column(column.name, column.rows, column.shape, f"{column.type}, one an episode", ColumnKind.OTHER)
        shape = column.shape[1:]
        try:
            kind = kind_of(np.dtype(column.type), shape)
        except TypeError:
            kind = ColumnKind.OTHER
        return Column(column.name, self.episodes * self.rows_of(column), shape, column.type, kind)


def clip_axes(columns: Iterable[Column]) -> ClipAxes | None:
    """Return the axes that arrays share as (episodes, rows, numbers); None where rows lie one after the other.

    At least one array holds vectors in three axes, and none is a vector or number for every row of the first axis;
    numbers for every episode (its length, a label) may be there besides. Actions may be one fewer than rows.
    """
    found = list(columns)
    vectors = [
        column
        for column in found
        if column.kind is ColumnKind.NUMBER and len(column.shape) == 2 and column.shape[1] <= WIDEST
    ]
    axes = {(column.rows, column.shape[0]) for column in vectors if column.shape[0] != column.shape[1]}
    axes -= {(column.rows, column.shape[0]) for column in vectors if acts(column) and len(axes) > 1}
    if len(axes) != 1:
        return None
    axis = ClipAxes(*axes.pop())
    flat = [column for column in found if column.kind is ColumnKind.NUMBER and column.flat and not axis.holds(column)]
    return None if set(flat) - set(lengths_of(flat)) or axis.rows < 2 else axis


def lengths_of(columns: Iterable[Column]) -> list[Column]:
    """Return the columns that say how many rows of each episode are used, by their names ("lengths", "seq_len")."""
    return [column for column in columns if column.single and _LENGTHS.fullmatch(last_word(column.name))]


def padding(axes: ClipAxes, used: Int[np.ndarray, " episodes"]) -> Bool[np.ndarray, " rows"] | None:
    """Return which rows only fill up an episode that is shorter than the arrays; None where all are used."""
    fill = (np.arange(axes.rows) >= np.asarray(used).reshape(-1, 1)).reshape(-1)
    return fill if fill.any() else None
