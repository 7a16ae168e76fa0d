"""Tables of what the gates find and how often they are wrong, from gate_power.json."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, recorded


def power(file: str) -> str:
    """Return every planted fault: what it costs, in how many of the seeds it is named, and by which gates."""
    found = recorded(file)
    rows = [row for row in (*found.get("states", []), *found.get("frames", [])) if row["fault"] != "none"]
    short = found.get("short", {})
    columns = ["fault", "planted in", "costs R²", "named", "in short logs", "by"]
    return markdown(columns, [_row(row, short.get(row["fault"])) for row in rows])


def _row(row: dict[str, Any], short: float | None) -> list[str]:
    gates = ", ".join(f"`{gate}`" for gate in row["named_by"])
    known = [row["fault"], row["in"], f"{max(0.0, row['costs']):.2f}"]
    if row["named"] is None:
        return [*known, "not seen", "", row["unseen"]]
    return [*known, f"{row['named']:.0%}", "" if short is None else f"{short:.0%}", gates]


def false_alarms(file: str) -> str:
    """Return how many ideal logs raised an alarm, and which gates raised it."""
    found = recorded(file)["clean"]
    kinds = ", ".join(f"{count} of {kind}" for kind, count in found["kinds"].items())
    by = ", ".join(f"`{gate}` {count}" for gate, count in found["by_gate"].items()) or "none"
    rows = [
        ["ideal logs", f"{found['logs']} ({kinds})"],
        ["with an alarm", f"{found['with_an_alarm']} ({found['with_an_alarm'] / found['logs']:.1%})"],
        ["of those, with a gate that fails", str(found["with_a_failure"])],
        ["gates", by],
    ]
    return markdown(["what", "count"], rows)
