"""Which columns are the states, actions, frames, episodes and times: named by the caller, or found and said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worldprobe.errors import InvalidValue, option
from worldprobe.recordings.colour_order import BLUE_FIRST, check_order, order_of
from worldprobe.recordings.columns import Column, ColumnKind, ColumnRole, last_word, role_of
from worldprobe.recordings.episode_marks import EpisodeMark, mark_of
from worldprobe.recordings.formats.format import Opened
from worldprobe.recordings.pictures import layout_of
from worldprobe.recordings.problems import SeveralReadings, UnusableData, shortened
from worldprobe.recordings.recording_parts import RecordingPart, Treated, parts_of, whole

NOTHING = "none"
"""What a caller passes for frames, actions, episode or time so that none is searched for."""

FIRST = "first"
"""What a caller passes for frames to take the first camera of several."""

UNREAD = "unread"
"""What a caller passes for frames so that none is opened, and `words` names those that there are."""


@dataclass(frozen=True)
class Asked:
    """What the caller named; None is to be found."""

    states: Sequence[str] | None = None
    actions: Sequence[str] | None = None
    frames: str | None = None
    episode: str | None = None
    time: str | None = None


@dataclass
class Choice:
    """The columns that are read, and the words for why."""

    states: tuple[RecordingPart, ...] = ()
    actions: tuple[RecordingPart, ...] = ()
    frames: Column | None = None
    blue_first: bool = False
    """Whether the first channel of the frames is blue."""
    episode: tuple[Column, ...] = ()
    """One column, or several flags of which each ends an episode."""
    times: tuple[Column, ...] = ()
    treated: tuple[Treated, ...] = ()
    words: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of all columns whose rows are read, each once."""
        parts = [part.column for part in (*self.states, *self.actions)]
        return list(dict.fromkeys(column.name for column in (*parts, *self.episode, *self.times)))


def states_alone(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller asked for; states without frames are an audit of states, which opens no frame."""
    return {**given, "frames": UNREAD} if given["states"] and given["frames"] is None else dict(given)


def choose(opened: Opened, asked: Asked) -> Choice:
    """Return what is read as what.

    A column that the caller names is used only as what it is named for. What is not named is taken where there is
    exactly one candidate. Raises SeveralReadings where there are more, UnusableData where there is none for the states,
    UnknownName for columns that do not exist, InvalidValue for a component that does not exist.
    """
    choice = Choice()
    _take_named(opened, asked, choice)
    _find_single(opened, asked, choice)
    _find_times(opened, asked, choice)
    _find_states(opened, asked, choice)
    order = ("states", "actions", "frames", "episode", "time")
    choice.words = {part: choice.words[part] for part in order if part in choice.words}
    return choice


def _take_named(opened: Opened, asked: Asked, choice: Choice) -> None:
    for role in ("states", "actions"):
        given: Sequence[str] | None = getattr(asked, role)
        if given is not None and not (role == "actions" and list(given) == [NOTHING]):
            if "" in given:
                raise InvalidValue(role, ",".join(given), "names of columns", "One of them is empty.")
            parts, treated = parts_of(opened, given)
            if role == "states":
                choice.treated = treated
            elif treated:
                raise InvalidValue(role, ",".join(given), "columns as they are: only states can be treated")
            setattr(choice, role, parts)
            choice.words[role] = f"{', '.join(given if treated else map(str, parts))}: as named"
    if asked.episode is not None and opened.starts is not None:
        problem = f"{option('episode', asked.episode)} was passed, but {opened.starts_in_words} says where each begins"
        raise UnusableData(opened.path, "episodes", problem, "Leave it out.")
    if asked.episode not in (None, NOTHING):
        choice.episode = (opened.column(str(asked.episode)),)
        choice.words["episode"] = f"{choice.episode[0].name}: as named{_means(choice.episode)}"
    if asked.frames not in (None, NOTHING, UNREAD) and not _wants_first(opened, asked.frames):
        name, order = order_of(str(asked.frames), (column.name for column in opened.columns))
        choice.frames, choice.blue_first = opened.frame_column(name), order == BLUE_FIRST
        check_order(opened.path, name, order)
        choice.words["frames"] = f"{_called(choice.frames)}: as named{', blue first' if choice.blue_first else ''}"
    if choice.frames and choice.frames.kind is not ColumnKind.PICTURE:
        problem = f"it holds {choice.frames.type} of shape {choice.frames.shape} a row, not pictures"
        mend = (
            "Frames are 8-bit pictures, floating-point numbers from 0 to 1 in three channels, image files or a video."
        )
        raise UnusableData(opened.path, f"column {choice.frames.name!r}", problem, mend)


def _called(column: Column) -> str:
    layout = layout_of(column.shape)
    return f"{column.name} ({column.type}{f', {layout.words}' if layout and layout.words else ''})"


def _find_single(opened: Opened, asked: Asked, choice: Choice) -> None:
    """Take the one candidate for actions, frames and episode where the caller named none."""
    for part in ("actions", "frames", "episode"):
        given = getattr(asked, part)
        if given == NOTHING or (part == "actions" and given is not None and list(given) == [NOTHING]):
            choice.words[part] = "none, as asked"
        elif part == "frames" and given == UNREAD:
            choice.words[part] = _left_unread(opened, choice)
        elif part == "frames" and _wants_first(opened, given):
            _find(opened, part, choice, first=True)
        elif given is None and not (part == "episode" and opened.starts is not None):
            _find(opened, part, choice, first=False)


def _left_unread(opened: Opened, choice: Choice) -> str:
    found = [column for column in _free(opened, choice) if role_of(column, opened.rows) is ColumnRole.FRAMES]
    if not found:
        return "none found" + _unread(opened)
    names = shortened([column.name for column in found])
    return f"{names}: not read; pass {option('frames', found[0].name)} to compare frames with states"


def _wants_first(opened: Opened, frames: str | None) -> bool:
    return frames == FIRST and all(column.name != FIRST for column in opened.columns)


def _find(opened: Opened, part: str, choice: Choice, *, first: bool) -> None:
    role = ColumnRole(part)
    found = [column for column in _free(opened, choice) if role_of(column, opened.rows) is role]
    if role is ColumnRole.EPISODE:
        found, flags = [c for c in found if not _flags(c)], [c for c in found if _flags(c)]
        if not found and flags:
            _take_flags(flags, choice)
            return
    if len(found) > 1 and not first:
        names = [column.name for column in found]
        more = f", {option(part, FIRST)} for {names[0]}" if role is ColumnRole.FRAMES else ""
        example = f"{option(part, names[0])} or another{more}, or {option(part, NOTHING)}"
        raise SeveralReadings(opened.path, part, names, example)
    if not found:
        choice.words[part] = "none found" + (_unread(opened) if role is ColumnRole.FRAMES else "")
        return
    column = found[0]
    if role is ColumnRole.FRAMES:
        check_order(opened.path, column.name, None)
    why = "found, the only candidate"
    if len(found) > 1:
        why = f"the first of {len(found)}, as asked; the others are {shortened([c.name for c in found[1:]])}"
    value = {ColumnRole.ACTIONS: (whole(column),), ColumnRole.FRAMES: column, ColumnRole.EPISODE: (column,)}[role]
    setattr(choice, part, value)
    choice.words[part] = f"{_called(column) if role is ColumnRole.FRAMES else column.name}: {why}"


def _unread(opened: Opened) -> str:
    """Return what is said of columns that are like pictures and are not read."""
    alike = [c for c in opened.columns if c.kind in (ColumnKind.NUMBER, ColumnKind.OTHER) and layout_of(c.shape)]
    said = shortened([f"{column.name} ({column.type}, {' x '.join(map(str, column.shape))})" for column in alike])
    return f"; like pictures, but neither 8-bit nor colours from 0 to 1: {said}" if alike else ""


def _flags(column: Column) -> bool:
    mark = mark_of(last_word(column.name))
    return mark is not None and mark.flags


def _take_flags(flags: list[Column], choice: Choice) -> None:
    """Take a flag of first rows; where there is none, all flags of last rows together."""
    first = [column for column in flags if mark_of(last_word(column.name)) is EpisodeMark.FIRST]
    choice.episode = tuple(first[:1] or flags)
    names = shortened([column.name for column in choice.episode])
    choice.words["episode"] = f"{names}: found{_means(choice.episode)}"


def _means(columns: Sequence[Column]) -> str:
    mark = mark_of(last_word(columns[0].name))
    if mark is EpisodeMark.FIRST:
        return ", an episode begins where it is set"
    if mark is EpisodeMark.LAST:
        return f", an episode ends where {'one' if len(columns) > 1 else 'it'} is set"
    return ""


def _find_times(opened: Opened, asked: Asked, choice: Choice) -> None:
    """Take every column of times: all must rise from row to row."""
    if asked.time == NOTHING:
        choice.words["time"] = "none, as asked: the order of the rows was not checked"
        return
    if asked.time is not None:
        choice.times = (opened.column(asked.time),)
        if not choice.times[0].single or choice.times[0].kind not in (ColumnKind.NUMBER, ColumnKind.MOMENT):
            problem = f"it holds {choice.times[0].type} of shape {choice.times[0].shape} a row, not one time"
            raise UnusableData(opened.path, f"column {asked.time!r}", problem)
    else:
        choice.times = tuple(
            column
            for column in _free(opened, choice)
            if role_of(column, opened.rows) is ColumnRole.TIME and column.rows == opened.rows
        )
    listed = ", ".join(column.name for column in choice.times)
    said = "rises within every episode" if len(choice.times) == 1 else "rise within every episode"
    choice.words["time"] = f"{listed} {said}" if listed else "no column of times: rows are taken in file order"


def _find_states(opened: Opened, asked: Asked, choice: Choice) -> None:
    """Take the one candidate, or all of them together where every one is a single number."""
    if choice.states:
        return
    free = _free(opened, choice)
    found = [column for column in free if role_of(column, opened.rows) is ColumnRole.STATES]
    if not found:
        listed = shortened([f"{column.name} ({column.type}, {column.shape} a row)" for column in opened.columns])
        mend = f"Name numbers or vectors with {option('states')}."
        raise UnusableData(opened.path, "states", f"no column is a candidate; there are {listed or 'none'}", mend)
    if len(found) > 1 and any(column.shape for column in found):
        names = [column.name for column in found]
        example = f"{option('states', names[:1])}, or several of them"
        raise SeveralReadings(opened.path, "states", names, example)
    choice.states = tuple(map(whole, found))
    why = "found, the only candidate" if len(found) == 1 else "found, every number that is nothing else"
    later = [column.name for column in opened.columns if _of_next_row(opened, column)]
    why += f" ({shortened(later)} left out: the same one row later)" if later else ""
    choice.words["states"] = f"{', '.join(map(str, choice.states))}: {why}"


def _free(opened: Opened, choice: Choice) -> list[Column]:
    """Return the columns that play no part yet, and are no copy of another one a row later."""
    taken = {*choice.names, *([choice.frames.name] if choice.frames else [])}
    return [column for column in opened.columns if column.name not in taken and not _of_next_row(opened, column)]


def _of_next_row(opened: Opened, column: Column) -> bool:
    """Return whether a column has the name of another one, with "next": `next_observations` of `observations`."""
    path, word = re.fullmatch(r"(.*[/.])?(.*)", column.name, re.DOTALL).groups("")  # type: ignore[union-attr]
    bare = {path + word.removeprefix("next_"), path + word.removesuffix("_next")} - {column.name}
    return any(other.name in bare and other.shape == column.shape for other in opened.columns)
