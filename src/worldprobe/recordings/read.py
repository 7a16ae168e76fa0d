"""Reading a recording, with checks: every error names the file and the place, and every choice is reported."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.recordings.choosing import Asked, Choice, assembled, choose, titles
from worldprobe.recordings.episodes import Starts, check_rises, lengths, split_at, starts_of
from worldprobe.recordings.formats import Opened
from worldprobe.recordings.opening import open_recording
from worldprobe.recordings.problems import BadRows, UnusableData, rows_in_words, shortened
from worldprobe.recordings.recorded_frames import Frames, RowsOf
from worldprobe.recordings.recording import Origin, Recording
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
    What is not named is taken where there is exactly one candidate; `frames`, `actions`, `episode` and `time` may be
    "none". `drop_bad` drops rows with NaN or infinity and splits their episodes there. `Recording.chosen` says it all.

    Raises UnreadableFile, UnknownLayout, UnknownName, InvalidValue, SeveralReadings, UnusableData and BadRows; the page
    docs/recordings.md lists what for. Raises MissingDependency where the extra `data` is not installed.
    """
    name, opened = open_recording(path, format)
    asked = Asked(_listed(states), _listed(actions), frames, episode, time)
    choice = choose(opened, asked)
    values = opened.read(choice.names)
    rows = _common_rows(opened, choice)
    pictures = _pictures(opened, choice, rows)
    starts = _starts(opened, choice, values, rows)
    for column in choice.times:
        only = choice.episode is None and opened.starts is None
        check_rises(opened.path, column.name, values[column.name], starts, only)
    read = _Read(
        assembled(choice.states, values),
        assembled(choice.actions, values) if choice.actions else None,
        starts,
        pictures,
    )
    del values
    read = _without_bad_rows(opened, choice, read, drop_bad)
    chosen = {"format": ", ".join(filter(None, [name, opened.words])), **choice.words}
    chosen["episode"] = f"{chosen['episode']}; {_lengths_in_words(read.starts, len(read.states))}"
    return _recording(opened, name, choice, read, chosen)


def _listed(names: Sequence[str] | str | None) -> list[str] | None:
    return None if names is None else [names] if isinstance(names, str) else list(names)


@dataclass(frozen=True)
class _Read:
    """What was read, before and after bad rows are dropped."""

    states: Float[np.ndarray, "rows n"]
    actions: Float[np.ndarray, "rows a"] | None
    starts: Starts
    frames: Frames | None
    kept: Bool[np.ndarray, " recorded"] | None = None


def _common_rows(opened: Opened, choice: Choice) -> int:
    """Return how many rows the chosen columns have; raises UnusableData where they differ or there are none."""
    columns = [part.column for part in (*choice.states, *choice.actions)] + list(choice.times)
    columns += [choice.frames] if choice.frames else []
    counts = {column.name: column.rows for column in columns}
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        mend = "Choose columns of one length, or cut the longer ones where they were recorded."
        raise UnusableData(opened.path, "columns", f"their numbers of rows differ: {said}", mend)
    rows = next(iter(counts.values()))
    if not rows:
        raise UnusableData(opened.path, "states", "there are no rows")
    return rows


def _pictures(opened: Opened, choice: Choice, rows: int) -> Frames | None:
    if choice.frames is None:
        return None
    pictures = opened.frames(choice.frames.name)
    if len(pictures) != rows:
        problem = f"there are {len(pictures):,} frames and {rows:,} rows of states"
        raise UnusableData(opened.path, f"frames {choice.frames.name!r}", problem, "There must be one frame a row.")
    height, width, _ = pictures.shape
    choice.words["frames"] += f"; {len(pictures):,} of {width} x {height}"
    return pictures


def _starts(opened: Opened, choice: Choice, values: dict[str, np.ndarray], rows: int) -> Starts:
    if opened.starts is not None:
        choice.words["episode"] = f"{opened.starts_in_words} says where each begins"
        return opened.starts
    if choice.episode is not None:
        return starts_of(opened.path, choice.episode, values[choice.episode.name].reshape(-1), rows)
    choice.words["episode"] = f"{choice.words['episode']}: all rows are one episode"
    return np.zeros(1, dtype=np.int64)


def _without_bad_rows(opened: Opened, choice: Choice, read: _Read, drop: bool) -> _Read:
    """Return what was read without rows that are not finite; raises BadRows unless they may be dropped."""
    bad = ~np.isfinite(read.states)
    if read.actions is not None:
        odd = ~np.isfinite(read.actions)
        last = np.append(read.starts[1:], len(odd)) - 1
        odd[last] &= ~np.isnan(read.actions[last])  # none was taken there
        bad = np.concatenate([bad, odd], axis=1)
    rows: Bool[np.ndarray, " rows"] = bad.any(axis=1)
    if not rows.any():
        return read
    names = (*titles(choice.states), *titles(choice.actions))
    if not drop:
        raise BadRows(opened.path, names, bad)
    if rows.all():
        raise UnusableData(opened.path, "states and actions", "every row has NaN or infinity", "Choose other columns.")
    kept, starts = np.flatnonzero(~rows), split_at(read.starts, rows)
    choice.words["drop_bad"] = (
        f"dropped {rows_in_words(np.flatnonzero(rows))} with NaN or infinity in "
        f"{shortened([name for name, some in zip(names, bad.any(axis=0), strict=True) if some])}; "
        f"{len(read.starts):,} episodes became {len(starts):,}"
    )
    return replace(
        read,
        states=read.states[kept],
        actions=None if read.actions is None else read.actions[kept],
        starts=starts,
        kept=~rows,
        frames=None if read.frames is None else RowsOf(read.frames, kept),
    )


def _lengths_in_words(starts: Starts, rows: int) -> str:
    counts = lengths(starts, rows)
    number = f"{len(counts):,} episode{'s' if len(counts) > 1 else ''}"
    if counts.min() == counts.max():
        return f"{number} of {counts.min():,} rows"
    return f"{number} of mixed lengths, {counts.min():,} to {counts.max():,} rows"


def _recording(opened: Opened, name: str, choice: Choice, read: _Read, chosen: dict[str, str]) -> Recording:
    names = titles(choice.states)
    constant = tuple(names[place] for place in np.flatnonzero(np.ptp(read.states, axis=0) == 0.0))
    warnings = []
    if constant:
        verb = "does not move" if len(constant) == 1 else "do not move"
        warnings.append(f"{shortened(constant)} {verb}: constant in all {len(read.states):,} rows")
    alone = int((lengths(read.starts, len(read.states)) == 1).sum())
    if alone:
        warnings.append(
            f"{alone:,} episodes have one row and give no pairs"
            if alone > 1
            else "1 episode has one row and gives no pairs"
        )
    controls = tuple(
        Control(title, part.column.unit(place), 1.0, f"{part.column.name} of {opened.path.name}")
        for title, (part, place) in zip(
            names, [(part, place) for part in choice.states for place in part.places], strict=True
        )
    )
    return Recording(
        states=read.states,
        controls=controls,
        episodes=read.starts,
        source=Origin(opened.path, name, _digest(read)),
        chosen=chosen,
        warnings=tuple(warnings),
        constant=constant,
        actions=read.actions,
        action_names=titles(choice.actions),
        frames=read.frames,
        kept=read.kept,
    )


def _digest(read: _Read) -> str:
    digest = hashlib.sha256()
    for array in (read.states, read.starts, read.actions):
        if array is not None:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    if read.frames is not None:
        digest.update(f"{read.frames.shape}{read.frames.stamp()}".encode())
    return digest.hexdigest()[:16]
