"""Tables of logs that are public, and of damaged files: what the audit says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doc_tables.markdown import markdown, recorded


def audited(file: str) -> str:
    """Return every public log with the command, and what it answers or why it refuses."""
    columns = [
        "repository",
        "commit",
        "command",
        "read as",
        "R² of an ideal encoder",
        "what limits it first",
    ]
    return markdown(columns, [_row(row) for row in recorded(file)["rows"]])


def counted(file: str) -> str:
    """Return how many public logs were tried, in a sentence."""
    rows = recorded(file)["rows"]
    sources = len({row["repository"] for row in rows})
    refused = sum("refused" in row for row in rows)
    tracebacks = sum(row["traceback"] for row in rows)
    return (
        f"{len(rows)} commands on logs of {sources} public repositories: {len(rows) - refused} answered, {refused} "
        f"refused in one line with what to do, {tracebacks or 'no'} tracebacks."
    )


def fuzzed(file: str) -> str:
    """Return how many damaged files of each layout were tried, and how many broke a promise."""
    rows = recorded(file)["rows"]
    head = [[str(len(rows)), f"{sum(row['attempts'] or 0 for row in rows):,}", str(sum(row["broken"] for row in rows))]]
    return markdown(["layouts", "damaged data sets", "layouts with a broken promise"], head)


def _row(row: Mapping[str, Any]) -> list[str]:
    mark = " *" if row.get("earlier_version") else ""
    known = [row["repository"], row["commit"], f"`{row['command']}`{mark}"]
    if "refused" in row:
        return [*known, f"refused: {row['refused']}", "", ""]
    low, high = row["ci95"]
    return [*known, row["read"] or "", f"{row['r2']:.2f} ({low:.2f} to {high:.2f})", row["limit"]]
