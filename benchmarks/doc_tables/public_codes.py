"""How the public SIGReg codes fared in the conformance test."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, recorded


def public_codes(file: str) -> str:
    """Return, for every public code, its commit, what it computes, and what is wrong in one and in two processes."""
    headings = ["code", "commit", "views", "knots, range", "N", "loss", "found"]
    return markdown(headings, [_row(found) for found in recorded(file)["codes"].values()])


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
