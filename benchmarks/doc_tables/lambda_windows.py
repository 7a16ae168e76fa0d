"""Tables of recovery over the weight of SIGReg."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, number, recorded
from lambda_curves import BATCH, curves
from worldprobe.train.lambda_window import lambda_window

STUDYS_OWN = 0.025
"""Lambda of the study `arm` on two cores."""


def rule() -> str:
    """Return the window of every curve, the weight of `lambda: auto`, and R² there beside the best that was trained."""
    rows = []
    for curve in curves():
        window, best = curve.window, max(curve.r2)
        auto = window.middle
        beside = ", ".join(f"{number(r2)} at {weight:g}" for weight, r2 in curve.beside(auto))
        weights = [f"{weight:.1e}" for weight in (window.collapse, window.drowned, auto)]
        best_at = curve.lambdas[int(curve.r2.argmax())]
        found = [number(curve.at(auto)), beside, f"{number(best)} at {best_at:g}"]
        rows.append([f"{curve.name}, rho {curve.rho:g}", str(len(curve.seeds[0])), *weights, *found])
    columns = ["world", "seeds", "collapse below", "drowned above", "`auto`", "R² there, interpolated"]
    return markdown([*columns, "trained beside it", "best trained"], rows)


def edges() -> str:
    """Return every trained weight of the room and the arm with its R², every seed's."""
    rows = []
    for curve in curves():
        if "spiral" not in curve.name:
            rows += [
                [f"{curve.name}, rho {curve.rho:g}", f"{weight:g}", ", ".join(number(value, 3) for value in each)]
                for weight, each in zip(curve.lambdas, curve.seeds, strict=True)
            ]
    return markdown(["world", "lambda", "R² of every seed"], rows)


def policies() -> str:
    """Return R² of the arm under a policy at every stride and lambda that was trained, with the window of its pairs."""
    found = [(STUDYS_OWN, row) for row in recorded("arm-seeds.json")["rows"] if row["role"] == "measured"]
    swept = [row for row in recorded("arm-strides.json")["rows"] if row["axes"].get("lambda") != "auto"]
    swept += recorded("arm-auto.json")["rows"]
    found += [(row["axes"]["lambda"], row) for row in swept if row["role"] == "measured"]
    moved = sorted((pair for pair in found if "stride" in pair[1]["axes"]), key=lambda pair: pair[1]["axes"]["stride"])
    rows = [_policy(weight, row) for weight, row in moved]
    columns = ["stride", "pair correlation", "collapse below", "drowned above", "`auto`", "trained with lambda"]
    return markdown([*columns, "steps", "trainings", "mean R² (range)"], rows)


def _policy(weight: Any, row: dict[str, Any]) -> list[str]:
    rho = 1.0 - row["optimum"] / 2.0
    window, each = lambda_window(rho, BATCH), row["r2_per_seed"]
    edges = [f"{edge:.1e}" for edge in (window.collapse, window.drowned, window.middle)]
    used = weight if isinstance(weight, str) else f"{weight:g}"
    spread = f"{number(row['r2']['mean'])} ({number(min(each))} to {number(max(each))})"
    return [str(row["axes"]["stride"]), f"{rho:.3f}", *edges, used, f"{row['steps']:,}", str(len(each)), spread]
