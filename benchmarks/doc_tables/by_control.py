"""The table of a study of many controls: R² of each, by exploration."""

from __future__ import annotations

from typing import Any

from doc_tables.cameras import REFERENCES
from doc_tables.markdown import RESULTS, markdown, number, recorded, took


def by_control(file: str) -> str:
    """Return mean R² and R² of every control for each exploration and reference, and the minutes that they took."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    names = list(found["rows"][0]["per_control"])
    rows = [
        [_who(row), number(row["r2"], 3), *(number(row["per_control"][name]["r2"]) for name in names)]
        for row in found["rows"]
    ]
    return f"{markdown(['exploration', 'mean R²', *names], rows)}\n\n{took(found)}"


def _who(row: dict[str, Any]) -> str:
    return f"**{row['regime']}**" if row["role"] == "measured" else REFERENCES.get(row["role"], row["role"])
