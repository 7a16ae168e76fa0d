"""Tables of recovery over the weight of SIGReg."""

from __future__ import annotations

from doc_tables.markdown import markdown, number
from lambda_curves import curves


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
