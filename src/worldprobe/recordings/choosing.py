"""Which columns are the states, actions, frames, episodes and times: named by the caller, or found and said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from worldprobe.errors import InvalidValue, UnknownName, option
from worldprobe.recordings.columns import Column, ColumnKind, ColumnRole, role_of
from worldprobe.recordings.formats.format import Opened
from worldprobe.recordings.problems import SeveralReadings, UnusableData, shortened

NOTHING = "none"
"""What a caller passes for frames, actions or episode so that none is searched for."""


@dataclass(frozen=True)
class Asked:
    """What the caller named; None is to be found."""

    states: Sequence[str] | None = None
    actions: Sequence[str] | None = None
    frames: str | None = None
    episode: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class RecordingPart:
    """Some components of a column, in order."""

    column: Column
    places: tuple[int, ...]

    def __str__(self) -> str:
        whole = len(self.places) == self.column.width
        if whole:
            return self.column.name + ("" if self.column.single else f" ({self.column.width} numbers)")
        return ", ".join(f"{self.column.name}[{place}]" for place in self.places)


@dataclass
class Choice:
    """The columns that are read, and the words for why."""

    states: tuple[RecordingPart, ...] = ()
    actions: tuple[RecordingPart, ...] = ()
    frames: Column | None = None
    episode: Column | None = None
    times: tuple[Column, ...] = ()
    words: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """The names of all columns whose rows are read, each once."""
        parts = [part.column for part in (*self.states, *self.actions)]
        others = [self.episode] if self.episode else []
        return list(dict.fromkeys(column.name for column in (*parts, *others, *self.times)))


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
            parts = tuple(_part(opened, text) for text in given)
            setattr(choice, role, parts)
            choice.words[role] = f"{', '.join(map(str, parts))}: as named"
    if asked.episode is not None and opened.starts is not None:
        problem = f"{option('episode', asked.episode)} was passed, but {opened.starts_in_words} says where each begins"
        raise UnusableData(opened.path, "episodes", problem, "Leave it out.")
    for role in ("frames", "episode"):
        name: str | None = getattr(asked, role)
        if name is not None and name != NOTHING:
            column = opened.frame_column(name) if role == "frames" else opened.column(name)
            setattr(choice, role, column)
            choice.words[role] = f"{_called(column, ColumnRole(role))}: as named"
    if choice.frames and choice.frames.kind is not ColumnKind.PICTURE:
        problem = f"it holds {choice.frames.type} of shape {choice.frames.shape} a row, not pictures"
        mend = "Frames are uint8 (H, W, 3), (H, W, 1) or (3, H, W), image files or a video."
        raise UnusableData(opened.path, f"column {choice.frames.name!r}", problem, mend)


def _called(column: Column, role: ColumnRole) -> str:
    return f"{column.name} ({column.type})" if role is ColumnRole.FRAMES else column.name


def _find_single(opened: Opened, asked: Asked, choice: Choice) -> None:
    """Take the one candidate for actions, frames and episode where the caller named none."""
    for part, role in (
        ("actions", ColumnRole.ACTIONS),
        ("frames", ColumnRole.FRAMES),
        ("episode", ColumnRole.EPISODE),
    ):
        given = getattr(asked, part)
        if given is not None:
            if given == NOTHING or (part == "actions" and list(given) == [NOTHING]):
                choice.words[part] = "none, as asked"
            continue
        if role is ColumnRole.EPISODE and opened.starts is not None:
            continue
        found = [column for column in _free(opened, choice) if role_of(column, opened.rows) is role]
        if len(found) > 1:
            names = [column.name for column in found]
            example = f"{option(part, names[0])} or another, or {option(part, NOTHING)}"
            raise SeveralReadings(opened.path, part, names, example)
        if found:
            value = (RecordingPart(found[0], tuple(range(found[0].width))),) if role is ColumnRole.ACTIONS else found[0]
            setattr(choice, part, value)
            choice.words[part] = f"{_called(found[0], role)}: found, the only candidate"
        else:
            choice.words[part] = "none found"


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
    choice.states = tuple(RecordingPart(column, tuple(range(column.width))) for column in found)
    why = "found, the only candidate" if len(found) == 1 else "found, every number that is nothing else"
    choice.words["states"] = f"{', '.join(map(str, choice.states))}: {why}"


def _free(opened: Opened, choice: Choice) -> list[Column]:
    """Return the columns that play no part yet."""
    taken = {*choice.names, *([choice.frames.name] if choice.frames else [])}
    return [column for column in opened.columns if column.name not in taken]


def _part(opened: Opened, text: str) -> RecordingPart:
    """Return what "state", "state[2]", "state[0:3]" or "state[elbow]" stands for."""
    known = {column.name for column in opened.columns}
    match = re.fullmatch(r"(?P<name>.+)\[(?P<inside>[^\[\]]+)\]", text)
    if text in known or match is None or match["name"] not in known:
        column = opened.column(text)
        places = tuple(range(column.width))
    else:
        column = opened.column(match["name"])
        places = _places(column, match["inside"])
    if column.kind not in (ColumnKind.NUMBER, ColumnKind.TRUTH) or not column.flat:
        problem = f"it holds {column.type} of shape {column.shape} a row, not numbers or vectors"
        raise UnusableData(opened.path, f"column {column.name!r}", problem, "Name a column of numbers.")
    return RecordingPart(column, places)


def _places(column: Column, inside: str) -> tuple[int, ...]:
    if column.components and inside in column.components:
        return (column.components.index(inside),)
    numbers = re.fullmatch(r"(\d+)|(\d*):(\d*)", inside)
    if numbers is None:
        raise UnknownName(f"component of {column.name!r}", inside, column.components or ("0", f"0:{column.width}"))
    first, stop = (numbers[2], numbers[3]) if numbers[1] is None else (numbers[1], str(int(numbers[1]) + 1))
    places = range(int(first or 0), int(stop or column.width))
    if not places or max(places) >= column.width:
        raise InvalidValue(f"{column.name}[...]", inside, f"0 .. {column.width - 1}")
    return tuple(places)


def titles(parts: Sequence[RecordingPart]) -> tuple[str, ...]:
    """Return a name for every number of the parts: the components' own, with their columns where those would clash."""
    short = [part.column.component(place) for part in parts for place in part.places]
    if len(set(short)) == len(short):
        return tuple(short)
    long = [f"{part.column.name}[{part.column.component(place)}]" for part in parts for place in part.places]
    return tuple(long)


def assembled(parts: Sequence[RecordingPart], values: dict[str, np.ndarray]) -> np.ndarray:
    """Return the parts side by side, (rows, n): float32 where nothing is lost by it, else float64."""
    arrays = [values[part.column.name].reshape(len(values[part.column.name]), -1) for part in parts]
    wanted = np.result_type(np.float32, *(array.dtype for array in arrays))
    dtype = np.float32 if wanted == np.float32 else np.float64
    if len(parts) == 1 and len(parts[0].places) == arrays[0].shape[1]:
        return np.ascontiguousarray(arrays[0], dtype=dtype)
    whole = np.empty((len(arrays[0]), sum(len(part.places) for part in parts)), dtype=dtype)
    at = 0
    for part, array in zip(parts, arrays, strict=True):
        whole[:, at : at + len(part.places)] = array[:, list(part.places)]
        at += len(part.places)
    return whole
