"""The table of `worldprobe play`: how soon the page shows something, and how often."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, number, recorded


def played_page(file: str) -> str:
    """Return seconds from the command to what is seen, and updates a second, with the load that they were timed at."""
    found = recorded(file)
    start, updates, asked = found["start"], found["updates"], found["asked"]
    rows = [
        [f"{name}, {unit}", *_spread(values), _load(start), _asked(asked, name)]
        for name, values in start["seconds from the command"].items()
        for name, unit in [_named(name)]
    ]
    rows += [
        [f"updates a second, {name}", *_spread(values), _load(updates), _asked(asked, "updates")]
        for name, values in updates["updates a second"].items()
    ]
    rows += [
        [f"updates a second {kind}, {how}", *_spread(values["updates a second"]), _load(updates), ""]
        for kind, ways in updates.items()
        if kind.startswith("in a browser")
        for how, values in ways.items()
    ]
    return markdown(["what", "median", "range", "load average", "asked"], rows)


def _named(name: str) -> tuple[str, str]:
    if name.startswith("processor seconds"):
        return name.removeprefix("processor seconds "), "processor seconds"
    return name, "seconds from the command"


def _load(part: dict[str, Any]) -> str:
    return number(part["load average at the end"], 1)


def _asked(asked: dict[str, float], name: str) -> str:
    return next((f"{value:g}" for key, value in asked.items() if key.startswith(name)), "")


def _spread(values: dict[str, float]) -> list[str]:
    return [number(values["median"], 1), f"{number(values['min'], 1)} to {number(values['max'], 1)}"]
