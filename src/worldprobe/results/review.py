"""The protocol that a study was run under, and who signed it."""

from __future__ import annotations

from typing import Literal

from worldprobe.results.hypothesis import Hypothesis
from worldprobe.results.record import Record


class Review(Record):
    """One reviewer's sign-off on a protocol."""

    name: str
    role: str
    verdict: Literal["approve", "reject", "comment"]
    notes: str
    signed: str
    """When, by the clock of the reviewer's machine (ISO 8601, UTC)."""
    audit: str | None
    """The SHA-256 of the audit that the reviewer read; None where none had been made."""


class Registration(Record):
    """The protocol that a study was run under: fixed before any run, or what deviated from it and why."""

    hash: str
    planned: str
    hypotheses: list[Hypothesis]
    """As they were planned, whatever the study says now."""
    audit: str | None
    """The verdict of the protocol's audit; None where none was made."""
    reviews: list[Review]
    unsigned: str | None
    """Which sign-offs were missing, where the study was run all the same."""
    deviations: list[str]
    """Every key that differs from what was planned, with both values."""
    why: str | None
