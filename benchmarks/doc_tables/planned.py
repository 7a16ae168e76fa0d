"""The table of what planning in an embedding costs and reaches."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import ABSENT, markdown, recorded, took

Row = dict[str, Any]
KIND = "mlp"


def planned(file: str) -> str:
    """Return every encoder's recovery, the cost of straight lines, the share of goals reached; then the minutes."""
    found = recorded(file)
    return f"{rows(found['rows'])}\n\n{took(found, cores=False)}"


def rows(found: list[Row]) -> str:
    """Return the rows, the best recovery first and the oracle last."""
    found = sorted(found, key=lambda row: -row["r2"])
    points = list(found[0]["planning"]["lines"])
    heads = [f"cost of lines, {k} {'point' if k == '1' else 'points'}" for k in points]
    lines = []
    for row in found:
        plan = row["planning"]
        costs = [f"{plan['lines'][k]['cost']['mean']:.3f} ± {plan['lines'][k]['sd']:.2g}" for k in points]
        reached = [_share(plan["reached"][kind]["success"]) for kind in ("linear", KIND)]
        mlp = plan["reached"][KIND]
        cost = ABSENT if mlp["cost"] is None else f"{mlp['cost']:.3f}"
        lines.append([_name(row), f"{row['r2']:.3f}", *costs, *reached, cost, f"{mlp['transition_r2']:.3f}"])
    plan = found[0]["planning"]
    oracle, grain = plan["reached"]["oracle"], [f"{plan['lines'][k]['cost_of_controls']:.3f}" for k in points]
    share = _share(oracle["success"])
    lines.append(["*oracle: the true controls*", "1", *grain, share, share, f"{oracle['cost']:.3f}", ""])
    return markdown(
        ["encoder", "R²", *heads, "reached, linear", "reached, mlp", "cost, mlp", "transition's R², mlp"], lines
    )


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"


def _name(row: Row) -> str:
    who = row["regime"] if row["role"] == "measured" else row["objective"]
    return ", ".join([who, *(f"{axis} {label}" for axis, label in row["axes"].items())])
