"""Tables of results over several seeds."""

from __future__ import annotations

from typing import Any

from doc_tables.cameras import EXPLORATIONS, REFERENCES
from doc_tables.markdown import markdown, number, recorded


def over_seeds(file: str) -> str:
    """Return mean R², Student's t interval over seeds and the range of the seeds, and the worst control."""
    rows = []
    for row in sorted(recorded(file)["rows"], key=_place):
        if row["role"] == "pixels":  # nothing of it depends on a seed
            continue
        name = REFERENCES.get(row["role"], f"**{row['regime']}**: {EXPLORATIONS.get(row['regime'], '')}")
        low, high = (number(value, 3) for value in row["r2"]["ci95"])
        each = row["r2_per_seed"]
        spread = f"{number(min(each), 3)} to {number(max(each), 3)}" if len(each) > 1 else "one training"
        rows.append([name, number(row["r2"]["mean"], 3), f"{low} to {high}", spread, _worst(row["r2_per_control"])])
    return markdown(["exploration", "mean R²", "95 % interval", "range over trainings", "worst control"], rows)


def explorations_in_a_sentence(file: str) -> str:
    """Return the mean R² of every exploration over seeds, with half of Student's 95 % interval."""
    rows = sorted((row for row in recorded(file)["rows"] if row["role"] == "measured"), key=_place)
    said = []
    for row in rows:
        mean, (low, high) = row["r2"]["mean"], row["r2"]["ci95"]
        said.append(f"{row['regime']} {number(mean, 3)} ± {number((high - low) / 2, 3)}")
    return f"Over {rows[0]['seeds']} seeds on one {rows[0]['device']}, Student's t: {', '.join(said)}."


def changes(file: str) -> str:
    """Return R² at each point of a study's axis, and how far training pairs and held-out pairs come apart."""
    rows, found = [], recorded(file)["rows"]
    (axis,) = found[0]["axes"]
    for row in sorted(found, key=lambda row: -row["r2"]["mean"]):
        each, optimum = row["r2_per_seed"], row["optimum"]
        apart = [number(row[curve] / optimum) for curve in ("train_alignment", "heldout_alignment")]
        mean, spread = number(row["r2"]["mean"], 3), f"{number(min(each), 3)} to {number(max(each), 3)}"
        rows.append([str(row["axes"][axis]), mean, spread, _worst(row["r2_per_control"]), *apart])
    columns = [axis, "mean R²", f"range over {found[0]['seeds']} trainings", "worst control"]
    return markdown([*columns, "alignment over its optimum, training pairs", "held-out pairs"], rows)


def points_over_seeds(file: str) -> str:
    """Return mean R² of each exploration at each point of its axes, with Student's t interval and R² by control."""
    found = [row for row in recorded(file)["rows"] if row["role"] != "pixels"]
    names = list(found[0]["r2_per_control"])
    rows = []
    for row in sorted(found, key=lambda row: (row["role"] != "measured", row["regime"], _point(row))):
        where = ", ".join(f"{axis} {value if isinstance(value, str) else f'{value:g}'}" for axis, value in _axes(row))
        name = f"{row['regime']}, {where}" if row["role"] == "measured" else REFERENCES.get(row["role"], row["role"])
        low, high = (number(value, 3) for value in row["r2"]["ci95"])
        each, controls = row["r2_per_seed"], row["r2_per_control"]
        spread = f"{number(min(each), 3)} to {number(max(each), 3)}"
        shown = [number(controls[control]["mean"]) for control in names]
        rows.append([name, str(len(each)), number(row["r2"]["mean"], 3), f"{low} to {high}", spread, *shown])
    return markdown(["exploration", "trainings", "mean R²", "95 % interval", "range over trainings", *names], rows)


def _axes(row: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(row["axes"].items())


def _point(row: dict[str, Any]) -> list[tuple[str, bool, Any]]:
    """Return where a point stands on every axis, words after numbers."""
    return [(axis, isinstance(value, str), value) for axis, value in _axes(row)]


def _place(row: dict[str, Any]) -> int:
    """Return where a row belongs: explorations first, then the references, each in their usual order."""
    order = [*EXPLORATIONS, *REFERENCES]
    return order.index(row["regime"] if row["role"] == "measured" else row["role"])


def _worst(per_control: dict[str, dict[str, float]]) -> str:
    name, r2 = min(per_control.items(), key=lambda each: each[1]["mean"])
    return f"{name} {number(r2['mean'])}"
