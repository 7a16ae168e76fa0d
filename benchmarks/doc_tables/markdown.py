"""Markdown tables and the numbers in them, and the recorded results that they are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from math import floor, log10
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"
ABSENT = "—"


def recorded(name: str) -> dict[str, Any]:
    """Return a file of benchmarks/results."""
    found: dict[str, Any] = json.loads((RESULTS / name).read_text(encoding="utf8"))
    return found


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside a cell are escaped."""
    lines = [list(head), *(list(row) for row in rows)]
    written = ["| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines]
    return "\n".join([written[0], "|---" * len(head) + "|", *written[1:]])


def took(found: dict[str, Any], *, cores: bool = True) -> str:
    """Return the minutes that a study took, and on what: a device that its runs name, or cores."""
    devices = [device for device in found.get("trained_on", []) if device != "cpu"]
    where = f" on {' and '.join(devices)}" if devices else f" on {found['machine']['cores']} cores" if cores else ""
    return f"{found['minutes']:.1f} minutes{where}."


def number(value: float | None, decimals: int = 2) -> str:
    """Return a number with a fixed count of decimals, a dash for None; what rounds to -0 is written 0."""
    if value is None:
        return ABSENT
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def digits(r2: float) -> str:
    """Return an R² with three decimals, or as many as leave three digits of 1 - R²."""
    return f"{r2:.3f}" if not 0.97 <= r2 < 1 else f"{r2:.{min(2 - floor(log10(1 - r2)), 7)}f}"


def by_role(summary: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a study's summary rows: LeJEPA's by regime, references by role."""
    return {row["regime"] if row["role"] == "measured" else row["role"]: row for row in summary}
