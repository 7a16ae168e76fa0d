"""Reading a recording, with checks: every error names the file and the place, and every choice is reported."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worldprobe.errors import option
from worldprobe.recordings.capacity import NAME_BYTES, ROW_BYTES, check_capacity
from worldprobe.recordings.choosing import NOTHING, Asked, Choice, choose
from worldprobe.recordings.colour_order import BlueFirst
from worldprobe.recordings.columns import last_word
from worldprobe.recordings.episode_marks import EpisodeMark, mark_of
from worldprobe.recordings.episodes import (
    Starts,
    check_rises,
    flags_of,
    lengths,
    mostly_neighbours,
    starts_of,
    starts_of_flags,
)
from worldprobe.recordings.finite_rows import RecordedRows, finite_rows, without_padding
from worldprobe.recordings.formats import Opened
from worldprobe.recordings.opening import open_recording
from worldprobe.recordings.problems import UnreadableFile, UnusableData, shortened
from worldprobe.recordings.recorded_frames import Frames
from worldprobe.recordings.recording import Origin, Recording
from worldprobe.recordings.recording_parts import assembled, titles, units
from worldprobe.recordings.state_kinds import advice
from worldprobe.recordings.treatments import TREATMENTS, TreatedStates
from worldprobe.world.world import Control


def read_recording(
    path: str | Path,
    *,
    states: Sequence[str] | None = None,
    frames: str | None = None,
    episode: str | None = None,
    actions: Sequence[str] | None = None,
    time: str | None = None,
    format: str | None = None,
    drop_bad: bool = False,
) -> Recording:
    """Read states, and frames and actions where there are any, from a file or folder of a known layout.

    Columns are named as `describe` shows them; a vector's components are "state[2]", "state[0:3]" or "state[elbow]".
    A treatment may follow: "yaw[unwrap]", "quat[angles]". What is not named is taken where there is exactly one
    candidate; `frames`, `actions`, `episode` and `time` may be "none", and `frames` "first" or "unread". An action may
    be NaN in the last row of an episode: none was taken. `drop_bad` drops rows with NaN, infinity or no image file and
    splits their episodes there. `Recording.chosen` says it all.

    Raises UnreadableFile, UnknownLayout, UnknownName, InvalidValue, SeveralReadings, UnusableData and BadRows; the page
    docs/recordings.md lists what for. Raises MissingDependency where the extra `data` is not installed.
    """
    name, opened = open_recording(path, format)
    asked = Asked(_listed(states), _listed(actions), frames, episode, time)
    choice = choose(opened, asked)
    _check_columns(opened, choice.names)
    values = opened.read(choice.names)
    rows = _common_rows(opened, choice)
    pictures = _pictures(opened, choice, rows, drop_bad)
    starts = _starts(opened, choice, values, rows, named=episode is not None)
    for column in choice.times:
        alone = not choice.episode and opened.starts is None
        check_rises(opened.path, column.name, values[column.name], starts, alone)
    actions_read = _actions(opened, choice, values, starts, rows)
    read = RecordedRows(assembled(choice.states, values), actions_read, starts, pictures)
    del values
    read = without_padding(read, opened.padded)
    read, dropped = finite_rows(opened.path, titles(choice.states), titles(choice.actions), read, drop_bad)
    chosen = {"format": ", ".join(filter(None, [name, opened.words])), **choice.words}
    chosen |= {"drop_bad": dropped} if dropped else {}
    chosen["episode"] = f"{chosen['episode']}; {_lengths_in_words(read.starts, len(read.states))}"
    return _recording(opened, name, choice, read, chosen)


def _listed(names: Sequence[str] | str | None) -> list[str] | None:
    return None if names is None else [names] if isinstance(names, str) else list(names)


def _check_columns(opened: Opened, names: Sequence[str]) -> None:
    """Raise NotEnoughRoom where the columns do not fit in memory: twice, since they are put together."""
    columns = [opened.column(name) for name in names]
    size = sum((2 * ROW_BYTES * column.rows + NAME_BYTES) * column.width for column in columns)
    check_capacity(f"{opened.path}, {shortened([column.name for column in columns])}", size)


def _common_rows(opened: Opened, choice: Choice) -> int:
    """Return how many rows the chosen columns have; raises UnusableData where they differ or there are none."""
    columns = [part.column for part in choice.states] + list(choice.times)
    columns += [choice.frames] if choice.frames else []
    counts = {column.name: column.rows for column in columns}
    acted = {part.column.name: part.column.rows for part in choice.actions}
    fewer = len(set(acted.values())) == 1 and max(acted.values()) < min(counts.values())
    counts |= {} if fewer else acted  # one action fewer in every episode is read, see `_actions`
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        mend = "Choose columns of one length, or cut the longer ones where they were recorded."
        states = {part.column.rows for part in choice.states}
        if choice.frames and len(states) == 1 and choice.frames.rows not in states:
            mend = f"Pass {option('frames', NOTHING)} to read the states alone. {mend}"
        raise UnusableData(opened.path, "columns", f"their numbers of rows differ: {said}", mend)
    rows = next(iter(counts.values()))
    if not rows:
        raise UnusableData(opened.path, "states", "there are no rows")
    return rows


def _actions(
    opened: Opened, choice: Choice, values: dict[str, np.ndarray], starts: Starts, rows: int
) -> np.ndarray | None:
    """Return the actions, one a row: where every episode has one fewer than states, its last row has NaN.

    Raises UnusableData where there are fewer than that.
    """
    if not choice.actions:
        return None
    found = assembled(choice.actions, values)
    if len(found) == rows:
        return found
    if len(found) != rows - len(starts):
        said = f"there are {len(found):,} actions and {rows:,} rows of states in {len(starts):,} episodes"
        mend = (
            "There must be one action a row, or one fewer than rows in every episode: the last row then has none. "
            f"Name the episodes with {option('episode')}, or pass {option('actions', NOTHING)} to read without actions."
        )
        raise UnusableData(opened.path, "actions", said, mend)
    whole = np.full((rows, found.shape[1]), np.nan, dtype=np.result_type(found.dtype, np.float32))
    acted = np.ones(rows, dtype=bool)
    acted[np.append(starts[1:], rows) - 1] = False
    whole[acted] = found
    choice.words["actions"] += "; one fewer than rows in every episode, none in its last row"
    return whole


def _pictures(opened: Opened, choice: Choice, rows: int, drop_bad: bool) -> Frames | None:
    """Return the chosen frames, some of them missing where bad rows are dropped; else the states alone are offered."""
    if choice.frames is None:
        return None
    alone = f"Pass {option('frames', NOTHING)} to read the states alone."
    try:
        pictures = opened.frames(choice.frames.name)
    except UnreadableFile as error:
        raise UnreadableFile(error.path, error.reason, f"{alone} {error.mend}".strip()) from error
    except UnusableData as error:
        raise UnusableData(error.path, error.place, error.problem, f"{alone} {error.mend}".strip()) from error
    if len(pictures) != rows:
        problem = f"there are {len(pictures):,} frames and {rows:,} rows of states"
        mend = f"There must be one frame a row. {alone}"
        raise UnusableData(opened.path, f"frames {choice.frames.name!r}", problem, mend)
    if not drop_bad:
        _check_whole(pictures, alone)
    height, width, _ = pictures.shape
    choice.words["frames"] += f"; {len(pictures):,} of {width} x {height}" + f", {pictures.words}" * bool(
        pictures.words
    )
    return BlueFirst(pictures) if choice.blue_first else pictures


def _check_whole(pictures: Frames, alone: str) -> None:
    try:
        pictures.check_whole()
    except UnreadableFile as error:
        mend = f"{alone} {option('drop_bad', True)} leaves out the rows without a picture."
        raise UnreadableFile(error.path, error.reason, mend) from error


def _starts(opened: Opened, choice: Choice, values: dict[str, np.ndarray], rows: int, *, named: bool) -> Starts:
    if opened.starts is not None:
        choice.words["episode"] = f"{opened.starts_in_words} says where each begins"
        return opened.starts
    marks = [mark_of(last_word(column.name)) for column in choice.episode]
    if choice.episode and (named or not (marks[0] and marks[0].flags)):
        return starts_of(opened.path, choice.episode[0], values[choice.episode[0].name].reshape(-1), rows)
    if choice.episode:
        return _starts_of_found_flags(choice, values, rows)
    choice.words["episode"] = f"{choice.words['episode']}: all rows are one episode"
    return np.zeros(1, dtype=np.int64)


def _starts_of_found_flags(choice: Choice, values: dict[str, np.ndarray], rows: int) -> Starts:
    """Return the starts from flags that nobody named; those that last for many rows are left out, and it is said."""
    starts = np.zeros(1, dtype=np.int64)
    unfit = []
    for column in choice.episode:
        flags = flags_of(values[column.name].reshape(-1))
        if flags is None or len(flags) != rows or mostly_neighbours(flags):
            unfit.append(column.name)
            continue
        starts = np.union1d(starts, starts_of_flags(mark_of(last_word(column.name)) or EpisodeMark.LAST, flags))
    if len(unfit) == len(choice.episode):
        choice.words["episode"] = "none found: all rows are one episode"
        choice.episode = ()
    if unfit:
        choice.words["episode"] += f" ({shortened(unfit)} left out: no flag of single rows)"
    return starts


def _lengths_in_words(starts: Starts, rows: int) -> str:
    counts = lengths(starts, rows)
    number = f"{len(counts):,} episode{'s' if len(counts) > 1 else ''}"
    if counts.min() == counts.max():
        return f"{number} of {counts.min():,} rows"
    return f"{number} of mixed lengths, {counts.min():,} to {counts.max():,} rows"


@dataclass(frozen=True)
class _Said:
    """What is said of the states that were read: the columns that never move, and warnings."""

    constant: tuple[str, ...]
    warnings: tuple[str, ...]


def _recording(opened: Opened, name: str, choice: Choice, read: RecordedRows, chosen: dict[str, str]) -> Recording:
    kinds = advice(read.states, titles(choice.states), read.starts, choice.states, choice.treated)
    states, meanings = _treated(choice, read)
    said = _said(states, read, kinds)
    controls = tuple(
        Control(title, unit, 1.0, f"{meaning} of {opened.path.name}")
        for title, unit, meaning in zip(states.names, states.units, meanings, strict=True)
    )
    return Recording(
        states=states.values,
        controls=controls,
        episodes=read.starts,
        source=Origin(opened.path, name, _digest(read, states.values)),
        chosen=chosen,
        warnings=said.warnings,
        constant=said.constant,
        actions=read.actions,
        action_names=titles(choice.actions),
        frames=read.frames,
        kept=read.kept,
    )


def _treated(choice: Choice, read: RecordedRows) -> tuple[TreatedStates, list[str]]:
    """Return the states with their treatments, and the column that each one is of."""
    names, measured = titles(choice.states), units(choice.states)
    columns = [part.column.name for part in choice.states for _ in part.places]
    if not choice.treated:
        return TreatedStates(read.states, names, measured), columns
    pieces, meanings, at = [], [], 0
    for one in (*choice.treated, None):
        stop = len(names) if one is None else one.first
        pieces.append(TreatedStates(read.states[:, at:stop], names[at:stop], measured[at:stop]))
        meanings += columns[at:stop]
        if one is not None:
            inside = slice(one.first, one.stop)
            treat = TREATMENTS[one.treatment]
            pieces.append(treat(read.states[:, inside], names[inside], measured[inside], read.starts))
            meanings += [f"{one.treatment} of {'+'.join(dict.fromkeys(columns[inside]))}"] * len(pieces[-1].names)
            at = one.stop
    found = [name for piece in pieces for name in piece.names]
    joined = TreatedStates(
        np.concatenate([piece.values for piece in pieces], axis=1),
        tuple(
            f"{meaning.rpartition(' of ')[2]}[{name}]" if found.count(name) > 1 and " of " in meaning else name
            for name, meaning in zip(found, meanings, strict=True)
        ),
        tuple(unit for piece in pieces for unit in piece.units),
    )
    return joined, meanings


def _said(states: TreatedStates, read: RecordedRows, kinds: list[str]) -> _Said:
    constant = tuple(states.names[place] for place in np.flatnonzero(np.ptp(states.values, axis=0) == 0.0))
    warnings = []
    if constant:
        verb = "does not move" if len(constant) == 1 else "do not move"
        warnings.append(f"{shortened(constant)} {verb}: constant in all {len(states.values):,} rows")
    alone = int((lengths(read.starts, len(read.states)) == 1).sum())
    if alone:
        warnings.append(
            f"{alone:,} episodes have one row and give no pairs"
            if alone > 1
            else "1 episode has one row and gives no pairs"
        )
    return _Said(constant, (*warnings, *kinds))


def _digest(read: RecordedRows, states: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in (states, read.starts, read.actions):
        if array is not None:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    if read.frames is not None:
        digest.update(f"{read.frames.shape}{read.frames.stamp()}".encode())
    return digest.hexdigest()[:16]
