"""How public codes compare with this package: SIGReg in the conformance test, solvers in the search for plans."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, recorded


def public_codes(file: str) -> str:
    """Return, for every public code, its commit, what it computes, and what is wrong in one and in two processes."""
    headings = ["code", "commit", "views", "knots, range", "N", "loss", "found"]
    return markdown(headings, [_row(found) for found in recorded(file)["codes"].values()])


def public_solvers(file: str) -> str:
    """Return how far each solver's plans are above the least cost, and what a search takes."""
    found = recorded(file)
    rows = found["rows"]
    controls = sorted({row["controls"] for row in rows})
    lines = []
    for name in dict.fromkeys(row["solver"] for row in rows):
        own = {row["controls"]: row for row in rows if row["solver"] == name}
        each = [f"{100 * sum(own[n]['excess']) / len(own[n]['excess']):.1f} %" for n in controls]
        seconds = [f"{min(own[n]['seconds']):.2f} s" for n in controls[-1:]]
        lines.append([name, *each, *seconds])
    head = [f"above the least cost, {n} controls" for n in controls]
    table = markdown(["solver", *head, f"seconds, {controls[-1]} controls"], lines)
    worst = max(value for each in found["differences"].values() for value in each.values())
    return f"{table}\n\nLargest difference of a refitted mean or spread: {worst:.1g}, in float32."


def _row(found: dict[str, Any]) -> list[str]:
    if "refused" in found:
        return [found["code"], f"`{found['commit']}`", "", "", "", "", "cannot be tested on a CPU: needs CUDA"]
    rule = found["quadrature"]
    lowest = f"-{rule['t_max']:g}" if "-t_max" in rule["rule"] else "0"
    return [
        found["code"],
        f"`{found['commit']}`",
        found["views"],
        f"{rule['knots']}, {lowest} to {rule['t_max']:g}",
        "times N" if found["scaling"]["times_n"] else "no factor",
        found["form"] or "SIGReg alone",
        ", ".join(each["name"] for each in found["findings"]) or "passes",
    ]
