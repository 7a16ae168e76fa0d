"""Episodes: where each begins, and the pairs of rows that never cross from one into the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, Shaped

from worldprobe.errors import option
from worldprobe.recordings.columns import Column, last_word
from worldprobe.recordings.episode_marks import EpisodeMark, mark_of
from worldprobe.recordings.problems import UnusableData, rows_in_words

Starts = Int[np.ndarray, " episodes"]


def starts_of(path: Path, column: Column, values: Shaped[np.ndarray, " any"], rows: int) -> Starts:
    """Return the first row of every episode.

    The column holds an id for every row, or, where its name says so, the episodes' starts, ends or lengths, or a flag
    in the first or last row of each. Raises UnusableData where an episode's rows do not lie together, where the numbers
    do not cover the rows, and for flags that are not 0 and 1.
    """
    mark = mark_of(last_word(column.name)) or EpisodeMark.IDS
    if mark in (EpisodeMark.STARTS, EpisodeMark.ENDS, EpisodeMark.LENGTHS):
        return _starts_of_numbers(path, column, mark, values.astype(np.int64), rows)
    if len(values) != rows:
        problem = f"it has {len(values):,} rows, the states {rows:,}"
        raise UnusableData(path, f"column {column.name!r}", problem, "An episode column has an id for every row.")
    if mark.flags:
        flags = flags_of(values)
        if flags is None:
            problem = "its values are not 0 and 1"
            raise UnusableData(path, f"column {column.name!r}", problem, f"Pass another {option('episode')}.")
        return starts_of_flags(mark, flags)
    return starts_of_ids(path, column.name, values)


def starts_of_lengths(lengths: Sequence[int] | Int[np.ndarray, " episodes"]) -> Starts:
    """Return the first row of every episode, of the episodes' lengths in order."""
    return np.cumsum([0, *lengths[:-1]], dtype=np.int64)


def flags_of(values: Shaped[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"] | None:
    """Return true and false, or zeros and ones, as flags; None for anything else."""
    if values.dtype.kind == "b":
        return values
    return values == 1 if values.dtype.kind in "iuf" and np.isin(values, (0, 1)).all() else None


def starts_of_flags(mark: EpisodeMark, flags: Bool[np.ndarray, " rows"]) -> Starts:
    """Return the first rows, from flags that are set in the first or in the last row of an episode."""
    first = flags if mark is EpisodeMark.FIRST else np.append(False, flags[:-1])
    return np.union1d([0], np.flatnonzero(first)).astype(np.int64)


def mostly_neighbours(flags: Bool[np.ndarray, " rows"]) -> bool:
    """Return whether flags are set in neighbouring rows more often than alone: they last, and mark no single row."""
    return bool(2 * (flags[1:] & flags[:-1]).sum() > flags.sum())


def starts_of_ids(path: Path, name: str, ids: Shaped[np.ndarray, " rows"]) -> Starts:
    """Return the first row of every run of equal ids; raises UnusableData where an id comes back later."""
    lacking = _lacking(ids)
    if lacking.any():
        bad = rows_in_words(np.flatnonzero(lacking))
        mend = f"Give every row its episode, or pass {option('episode', 'none')} to take all rows as one."
        raise UnusableData(path, f"column {name!r}", f"no episode in {bad}", mend)
    starts = np.concatenate([[0], np.flatnonzero(ids[1:] != ids[:-1]) + 1]).astype(np.int64)
    firsts, seen = np.unique(ids[starts], return_index=True)
    if len(firsts) != len(starts):
        again = int(np.setdiff1d(np.arange(len(starts)), seen)[0])
        row = int(starts[again])
        problem = f"episode {ids[row]!r} begins again at row {row:,}: its rows do not lie together"
        mend = f"Sort the rows by episode and time, or pass {option('episode', 'none')} if it is no episode."
        raise UnusableData(path, f"column {name!r}", problem, mend)
    return starts


def _lacking(ids: Shaped[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
    """Return which ids are missing: NaN, or None among strings."""
    if ids.dtype.kind == "f":
        return ~np.isfinite(ids)
    return np.array([value is None for value in ids]) if ids.dtype.kind == "O" else np.zeros(len(ids), dtype=bool)


def _starts_of_numbers(path: Path, column: Column, mark: EpisodeMark, numbers: Starts, rows: int) -> Starts:
    """Return the starts from starts, ends or lengths that cover the rows exactly."""
    if mark is EpisodeMark.STARTS:
        edges = np.append(numbers, rows)
    else:
        edges = np.concatenate([[0], np.cumsum(numbers) if mark is EpisodeMark.LENGTHS else numbers])
    if len(edges) < 2 or edges[0] != 0 or edges[-1] != rows or (np.diff(edges) <= 0).any():
        problem = f"its {len(numbers):,} numbers do not cut {rows:,} rows into episodes"
        mend = f"Starts begin at 0 and rise, ends rise to {rows:,}, lengths are positive and add up to {rows:,}."
        raise UnusableData(path, f"column {column.name!r}", problem, mend)
    return edges[:-1].astype(np.int64)


def lengths(starts: Starts, rows: int) -> Int[np.ndarray, " episodes"]:
    """Return how many rows each episode has."""
    return np.diff(np.append(starts, rows))


def pair_index(starts: Starts, rows: int, stride: int) -> Int[np.ndarray, "pairs 2"]:
    """Return every pair of rows (i, i + stride) that lies within one episode."""
    row = np.arange(max(rows - stride, 0), dtype=np.int64)
    first = row[row + stride < np.append(starts[1:], rows)[episode_of(starts, row)]]
    return np.stack([first, first + stride], axis=1)


def episode_of(starts: Starts, rows: Int[np.ndarray, " k"]) -> Int[np.ndarray, " k"]:
    """Return which episode each row belongs to."""
    return np.searchsorted(starts, rows, side="right") - 1


def split_at(starts: Starts, bad: Bool[np.ndarray, " rows"]) -> Int[np.ndarray, " parts"]:
    """Return the starts, counted in kept rows, after bad rows are dropped: an episode is cut where a row is missing."""
    kept = np.flatnonzero(~bad)
    if not kept.size:
        return np.zeros(0, dtype=np.int64)
    episode = episode_of(starts, kept)
    cut = (np.diff(kept) > 1) | (np.diff(episode) > 0)
    return np.concatenate([[0], np.flatnonzero(cut) + 1]).astype(np.int64)


def check_rises(path: Path, name: str, values: Shaped[np.ndarray, " rows"], starts: Starts, one: bool) -> None:
    """Raise UnusableData, with the row, where a column of time repeats or falls within an episode.

    `one` says that all rows were taken as one episode: a clock that restarts may then mean that there are several.
    """
    numbers: np.ndarray = values.reshape(len(values))
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        bad = rows_in_words(np.flatnonzero(~np.isfinite(numbers)))
        raise UnusableData(path, f"column {name!r}", f"no finite time in {bad}", "Mend them or leave the column out.")
    within = np.ones(len(numbers) - 1, dtype=bool)
    within[starts[1:] - 1] = False
    same = np.flatnonzero(within & (numbers[1:] == numbers[:-1])) + 1
    falls = np.flatnonzero(within & (numbers[1:] < numbers[:-1])) + 1
    if not same.size and not falls.size:
        return
    if one and falls.size and (numbers[falls] == numbers[0]).all():
        problem = f"it starts again in {rows_in_words(falls)}: there are several episodes in one"
        raise UnusableData(
            path, f"column {name!r}", problem, f"Pass {option('episode')}, the column with every row's episode."
        )
    if falls.size:
        problem, mend = f"it is not sorted: it falls in {rows_in_words(falls)}", "Sort the rows by episode and time"
    else:
        problem, mend = f"it repeats the time before in {rows_in_words(same)}", "Drop the duplicated rows"
    mend += f", or pass {option('time', 'none')} if it does not tell time."
    raise UnusableData(path, f"column {name!r}", problem, mend)
