"""Tables of one assumption broken at a time: what is recovered, and where the audit's thresholds lie."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from doc_tables.markdown import ABSENT, RESULTS, markdown, number, recorded

LOST = 0.05
"""Of R², below the exploration without a violation: where a threshold is read off."""


def ladder(file: str) -> str:
    """Return every rung: recovery of the trained encoders, prediction, what is left of the spectral gap, the audit."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    rows, clean = [], recorded(file)["rows"][0]
    for row in recorded(file)["rows"]:
        raised = ", ".join(f"`{name}` {gate['verdict']}" for name, gate in row["gates"].items() if _raised(gate))
        ends = row["predicted ci95"]
        predicted = f"{row['predicted']:.2f} ({ends[0]:.2f} to {ends[1]:.2f})" if ends else "refused"
        name = "none" if row["severity"] == 0.0 else f"{row['violation']} {row['severity']:g}"
        left = _value(row, "spectral-gap")
        gap = None if left is None else left / clean["gates"]["spectral-gap"]["value"]
        trained, canonical = _spread(row["trained"]), _spread(row["canonical"])
        rows.append([name, trained, canonical, predicted, number(gap), raised or ABSENT])
    head = ["violation, severity", "trained R²", "on canonical points", "predicted", "spectral gap left"]
    return markdown([*head, "gates that object"], rows)


def thresholds(file: str) -> str:
    """Return, by violation, the severity at which R² has fallen by LOST, and the gates' values there."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    clean, names = found["rows"][0], list(found["scales"])
    rows = []
    for name in names:
        rungs = [clean, *(row for row in found["rows"] if row["violation"] == name)]
        at = _fallen(rungs)
        gates = [gate for gate in rungs[0]["gates"] if any(_raised(row["gates"].get(gate)) for row in rungs)]
        first = next((row for row in rungs if row["verdict"] != "pass"), None)
        objects = ABSENT if first is None else f"{first['severity']:g} ({first['verdict']})"
        read = ABSENT if at is None else "; ".join(_read(rungs, gate, at) for gate in gates) or ABSENT
        rows.append([name, f"> {rungs[-1]['severity']:g}" if at is None else f"{at:.2f}", objects, read])
    head = ["violation", f"R² down by {LOST:g} at severity", "the audit objects from", "gates there: value (threshold)"]
    return markdown(head, rows)


def _fallen(rungs: list[dict[str, Any]]) -> float | None:
    """Return the severity at which mean R² crosses that of the first rung less LOST, between rungs on a line."""
    means = [sum(row["trained"]) / len(row["trained"]) for row in rungs]
    threshold = means[0] - LOST
    for (low, one), (high, other) in pairwise(zip(rungs, means, strict=True)):
        if one >= threshold > other:
            share = (one - threshold) / (one - other)
            return float(low["severity"] + share * (high["severity"] - low["severity"]))
    return None


def _read(rungs: list[dict[str, Any]], gate: str, at: float) -> str:
    """Return a gate's value at a severity, between rungs on a line, with the threshold of the nearest rung."""
    for low, high in pairwise(rungs):
        one, other = _value(low, gate), _value(high, gate)
        if low["severity"] <= at <= high["severity"] and one is not None and other is not None:
            share = (at - low["severity"]) / (high["severity"] - low["severity"])
            nearest = high if share > 0.5 else low
            return f"`{gate}` {one + share * (other - one):.2f} ({nearest['gates'][gate]['threshold']:.2f})"
    return f"`{gate}` not measured there"


def _value(row: dict[str, Any], gate: str) -> float | None:
    found = row["gates"].get(gate)
    return None if found is None else found["value"]


def _raised(gate: dict[str, Any] | None) -> bool:
    return gate is not None and gate["verdict"] != "pass"


def _spread(values: list[float]) -> str:
    low, high = min(values), max(values)
    mean = f"{sum(values) / len(values):.2f}"
    return mean if high - low < 0.005 else f"{mean} ({low:.2f} to {high:.2f})"
