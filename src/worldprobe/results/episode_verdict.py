"""An episode of a recording that is unlike the others, and why."""

from __future__ import annotations

from pydantic import NonNegativeInt

from worldprobe.results.record import Record


class EpisodeVerdict(Record):
    """An episode to leave out, or to see first: its number from 0, its rows, and what is unlike the others."""

    episode: NonNegativeInt
    first_row: NonNegativeInt
    rows: int
    why: str
