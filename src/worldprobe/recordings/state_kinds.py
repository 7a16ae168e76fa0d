"""States that a linear regression cannot read as they are, and what to do: quaternions, wrapping angles, categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from worldprobe.errors import option
from worldprobe.recordings.episodes import Starts
from worldprobe.recordings.problems import shortened
from worldprobe.recordings.recording_parts import RecordingPart, Treated
from worldprobe.recordings.rotations import TOLERANCE, order_of_names
from worldprobe.recordings.treatments import period_of
from worldprobe.stats.subsample import evenly_spaced

LEVELS = 8
"""Up to so many different values a state is discrete."""
ROWS = 20_000
"""Rows, spread over the recording, in which values and norms are looked at."""

States = Float[np.ndarray, "rows n"]
Group = range


def advice(
    states: States, names: Sequence[str], starts: Starts, parts: Sequence[RecordingPart], treated: Sequence[Treated]
) -> list[str]:
    """Return a sentence for every kind of state that needs a treatment, with the option that gives it."""
    done = {place for one in treated for place in range(one.first, one.stop)}
    columns = _columns(parts)
    some = states[evenly_spaced(len(states), ROWS)]
    said, taken = [], set(done)
    for group in _windows(columns, 4):
        if not taken & set(group) and _is_quaternion(some[:, group.start : group.stop]):
            said.append(_of_quaternion(columns, names, group))
            taken |= set(group)
    hot = [group for group in _one_hot(some, columns) if not taken & set(group)]
    taken |= {place for group in hot for place in group}
    if hot:
        listed = shortened([_text(columns, group) for group in hot])
        said.append(f"{listed}: one of {len(hot[0])} is 1 in every row, a category. {LEAVE_OUT}")
    rest = [place for place in range(len(names)) if place not in taken and np.ptp(some[:, place]) > 0]
    few = [place for place in rest if len(np.unique(some[:, place])) <= LEVELS]
    if few and len(some) > 10 * LEVELS:
        listed = shortened([f"{names[place]} ({len(np.unique(some[:, place]))} values)" for place in few])
        said.append(f"{listed}: discrete, as a gripper that is open or closed. {LEAVE_OUT}")
    angles = {place: found for place in rest if (found := period_of(states[:, place], starts)) is not None}
    if angles:
        listed = shortened([f"{names[place]} jumps by {period:.4g}" for place, period in angles.items()])
        pieces = [_text(columns, range(place, place + 1)) + "[unwrap]" for place in angles]
        said.append(f"{listed}: an angle that wraps. {option('states', pieces)} reads it without jumps")
    return said


LEAVE_OUT = "A linear R² is not its measure: leave it out of the states, or read its R² as that of a two-valued signal"


def _columns(parts: Sequence[RecordingPart]) -> list[tuple[RecordingPart, int]]:
    """Return the part and the component of every state."""
    return [(part, place) for part in parts for place in part.places]


def _windows(columns: Sequence[tuple[RecordingPart, int]], size: int) -> Iterator[Group]:
    """Give runs of neighbouring states: of one vector, or of single numbers whose names end in x, y, z and w."""
    for first in range(len(columns) - size + 1):
        here = columns[first : first + size]
        one = all(part.column.name == here[0][0].column.name for part, _ in here)
        if one or order_of_names([part.column.component(place) for part, place in here]):
            yield range(first, first + size)


def _is_quaternion(values: States) -> bool:
    """Return whether four numbers have norm 1 in every row, move, and are no category."""
    if not (np.abs(values) < 2).all():
        return False  # which huge values would overflow to find out
    norm = np.linalg.norm(values.astype(np.float64), axis=1)
    moves = int((np.ptp(values, axis=0) > 1e-6).sum())
    return bool((np.abs(norm - 1.0) < TOLERANCE).all()) and moves >= 2 and not np.isin(values, (0, 1)).all()


def _of_quaternion(columns: Sequence[tuple[RecordingPart, int]], names: Sequence[str], group: Group) -> str:
    order = order_of_names([names[place] for place in group])
    text = _text(columns, group)
    known = option("states", [f"{text}[angles]"])
    asked = f"{option('states', [f'{text}[angles-xyzw]'])}, or angles-wxyz where w is first,"
    mend = f"{known if order else asked} reads yaw, pitch and roll"
    return f"{text}: a quaternion, of which q and -q are one orientation. {mend}"


def _one_hot(values: States, columns: Sequence[tuple[RecordingPart, int]]) -> Iterator[Group]:
    """Give the longest runs of states of one vector that are 0 and 1, of which one is 1 in every row."""
    binary = np.isin(values, (0, 1)).all(axis=0)
    first = 0
    while first < len(columns):
        stop = first
        while stop < len(columns) and binary[stop] and columns[stop][0].column is columns[first][0].column:
            stop += 1
        if stop - first > 1 and (values[:, first:stop].sum(axis=1) == 1).all():
            yield range(first, stop)
        first = max(stop, first + 1)


def _text(columns: Sequence[tuple[RecordingPart, int]], group: Group) -> str:
    """Return how a run of states is named on the command line."""
    (part, first), (_, last) = columns[group.start], columns[group.stop - 1]
    column = part.column
    if not all(one.column is column for one, _ in columns[group.start : group.stop]):
        return "+".join(one.column.component(place) for one, place in columns[group.start : group.stop])
    if len(group) == column.width:
        return column.name
    return f"{column.name}[{first}]" if len(group) == 1 else f"{column.name}[{first}:{last + 1}]"
