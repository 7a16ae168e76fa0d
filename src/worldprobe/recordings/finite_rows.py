"""Rows with NaN or infinity: refused, or dropped with their episodes split; an episode's last action may be NaN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.recordings.episodes import Starts, split_at
from worldprobe.recordings.problems import BadRows, UnusableData, rows_in_words, shortened
from worldprobe.recordings.recorded_frames import Frames, RowsOf


@dataclass(frozen=True)
class RecordedRows:
    """What was read, before and after bad rows are dropped."""

    states: Float[np.ndarray, "rows n"]
    actions: Float[np.ndarray, "rows a"] | None
    starts: Starts
    frames: Frames | None
    kept: Bool[np.ndarray, " recorded"] | None = None


def without_padding(read: RecordedRows, padded: Bool[np.ndarray, " rows"] | None) -> RecordedRows:
    """Return what was read without rows that only fill up an episode."""
    return read if padded is None else _kept(read, padded)


def finite_rows(
    path: Path, state_names: Sequence[str], action_names: Sequence[str], read: RecordedRows, drop: bool
) -> tuple[RecordedRows, str]:
    """Return what was read without rows that are not finite or have no picture, and what is said; "" of whole data.

    The action of an episode's last row may be NaN: none was taken. Raises BadRows unless rows may be dropped,
    UnusableData where none is left.
    """
    bad = ~np.isfinite(read.states)
    if read.actions is not None:
        odd = ~np.isfinite(read.actions)
        last = np.append(read.starts[1:], len(odd)) - 1
        odd[last] &= ~np.isnan(read.actions[last])
        bad = np.concatenate([bad, odd], axis=1)
    odd_rows: Bool[np.ndarray, " rows"] = bad.any(axis=1)
    unseen = np.zeros(len(bad), dtype=bool) if read.frames is None else read.frames.missing()
    rows = odd_rows | unseen
    if not rows.any():
        return read, ""
    names = (*state_names, *action_names)
    if not drop:
        raise BadRows(path, names, bad)
    if rows.all():
        alone = "Choose other columns."
        raise UnusableData(path, "rows", "every row has NaN or infinity, or a picture that is missing", alone)
    left = _kept(read, rows)
    said = []
    if odd_rows.any():
        columns = shortened([name for name, some in zip(names, bad.any(axis=0), strict=True) if some])
        said.append(f"dropped {rows_in_words(np.flatnonzero(odd_rows))} with NaN or infinity in {columns}")
    if unseen.any():
        said.append(f"dropped {rows_in_words(np.flatnonzero(unseen))} without an image")
    return left, "; ".join([*said, f"{len(read.starts):,} episodes became {len(left.starts):,}"])


def _kept(read: RecordedRows, dropped: Bool[np.ndarray, " rows"]) -> RecordedRows:
    kept = np.flatnonzero(~dropped)
    recorded = ~dropped if read.kept is None else read.kept.copy()
    if read.kept is not None:
        recorded[read.kept] = ~dropped
    return replace(
        read,
        states=read.states[kept],
        actions=None if read.actions is None else read.actions[kept],
        starts=split_at(read.starts, dropped),
        kept=recorded,
        frames=None if read.frames is None else RowsOf(read.frames, kept),
    )
