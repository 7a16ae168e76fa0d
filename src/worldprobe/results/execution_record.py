"""What was planned and spent in a results folder: `execution.json`, rewritten whenever runs are finished."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from worldprobe.results.control_record import ControlRecord
from worldprobe.results.record import Record


class ExecutionRecord(Record):
    """What no single run or exploration knows: their order, the machine that made them, and what they cost in all."""

    runs: list[str]
    """Ids of every planned run, in the study's order."""
    explorations: list[str]
    """Ids of every planned exploration, in the study's order."""
    controls: list[ControlRecord]
    """The controls of the study's world, in order."""
    command: str
    machine: dict[str, Any]
    versions: dict[str, str]
    seconds_total: float
    """Of all processes that worked on the folder, without what was lost when one was stopped."""
    peak_memory_bytes: int
    data_warnings: list[str] = Field([])
    """Of a study of a recording: what its reader found that is no error and should be known."""
