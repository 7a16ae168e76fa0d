"""Peers: what the audit finds on this package's own regimes, shipped as a table that a log's numbers are read on."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from worldprobe.results.record import Record


class Peer(Record):
    """One regime at the table's number of frames."""

    name: str
    world: str
    draws: float | None
    """Independent draws."""
    coverage: float | None
    """Share that was visited of a Gaussian of the states' own mean and sd: the least of any state, or of all."""
    r2: float | None
    """Mean R^2 of an ideal encoder fitted to so many frames."""
    failing_kinds: int | None
    limits: str | None
    """What limits it first."""


class Peers(Record):
    """All of them, from broad exploration to policies, and the command that makes the table."""

    command: str
    peers: list[Peer]


@cache
def shipped_peers() -> Peers:
    """Return the table that ships with the package (benchmarks/peers.py makes it)."""
    text = files("worldprobe.results").joinpath("peers.json").read_text(encoding="utf8")
    given = json.loads(text)
    given.pop("format", None)
    return Peers.model_validate(given)
