"""Options that what is measured has no use for: refused rather than ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worldprobe.errors import InapplicableOption, option
from worldprobe.taps.encode import BATCH

UNSAID = {"layout": "NHWC", "batch": BATCH, "stride": 1, "drop_bad": False, "frames": "none"}
"""Values that stand for an option that was not given, besides None."""


def refuse_with_embeddings(given: Mapping[str, Any]) -> None:
    """Raise InapplicableOption for what says how an encoder is used, where embeddings were given."""
    _refuse(given, "it says how an encoder is used, and embeddings were given")


def refuse_with_world(given: Mapping[str, Any]) -> None:
    """Raise InapplicableOption for what says how a log is read, where a world was given."""
    _refuse(given, "it says how a log is read, and a world was given")


def refuse_without_log(given: Mapping[str, Any], source: str) -> None:
    """Raise InapplicableOption for what says how a log's file is read, where its rows were given."""
    _refuse(given, f"it says how a log is read, and a source of type {source} was given")


def refuse_when_quick(given: Mapping[str, Any]) -> None:
    """Raise InapplicableOption for references asked for where linear recovery alone is measured."""
    _refuse(given, f"it asks for a reference, and {option('quick', True)} measures linear recovery alone")


def _refuse(given: Mapping[str, Any], why: str) -> None:
    said = [name for name, value in given.items() if value is not None and value != UNSAID.get(name)]
    if said:
        shown = given[said[0]]
        named = option(said[0], shown if isinstance(shown, str | int | float | bool | list) else str(shown))
        raise InapplicableOption(named, why)
