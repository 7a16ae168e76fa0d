"""How far a prediction has come: its steps, for a progress display."""

from __future__ import annotations

STEPS = 11
"""Coordinates, four bases, the first map, four searches and the continuation of the best."""


def unseen(amount: int, note: str = "") -> None:
    """Show nothing."""
