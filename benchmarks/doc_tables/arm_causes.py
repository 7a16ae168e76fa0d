"""What sets an arm under a policy apart from the published one: weight, steps and policy, one at a time."""

from __future__ import annotations

from statistics import mean
from typing import Any

from doc_tables.lambda_windows import STUDYS_OWN
from doc_tables.markdown import markdown, number, recorded

STRIDES = (1, 64)
STUDYS_STEPS = 2000
JOINTS = ("shoulder", "wrist")
TRAINED = {
    "arm-seeds.json": "servo",
    "arm-strides.json": "servo",
    "arm-auto.json": "servo",
    "arm-long.json": "servo",
    "arm-one-target.json": "servo, one target an episode",
    "arm-learned-policy.json": "learned",
}
"""Files of results, and what moves the arm in them; later ones replace earlier ones of the same settings."""


def causes() -> str:
    """Return R² at the shortest and the longest stride by policy, weight and steps, beside the published."""
    ours = [row for row in recorded("arm-cpu.json")["rows"] if row["axes"].get("stride") in STRIDES]
    found: dict[tuple[str, str, int], dict[int, dict[str, Any]]] = {
        ("servo", str(STUDYS_OWN), STUDYS_STEPS): {row["axes"]["stride"]: _as_summary(row) for row in ours}
    }
    for file, moved in TRAINED.items():
        for row in recorded(file)["rows"]:
            stride = row["axes"].get("stride")
            if row["role"] == "measured" and stride in STRIDES:
                weight = row["axes"].get("lambda", "auto" if moved == "learned" else STUDYS_OWN)
                found.setdefault((moved, str(weight), row["steps"]), {})[stride] = row
    rows = [
        [moved, weight, f"{steps:,}", *(_cell(by_stride.get(stride)) for stride in STRIDES)]
        for (moved, weight, steps), by_stride in found.items()
    ]
    rows.append(["published: learned", "best of four", "39,000", *(_published(ours, stride) for stride in STRIDES)])
    return markdown(
        ["policy", "lambda", "steps", *(f"stride {stride}: R² (shoulder, wrist)" for stride in STRIDES)], rows
    )


def _as_summary(row: dict[str, Any]) -> dict[str, Any]:
    each = {joint: {"mean": row["per_control"][joint]["r2"]} for joint in JOINTS}
    return {"r2": {"mean": row["r2"]}, "r2_per_control": each, "r2_per_seed": [row["r2"]]}


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not trained"
    each = row["r2_per_seed"]
    spread = f"; {number(min(each))} to {number(max(each))} over {len(each)}" if len(each) > 1 else "; one training"
    joints = ", ".join(number(row["r2_per_control"][joint]["mean"]) for joint in JOINTS)
    return f"{number(row['r2']['mean'])} ({joints}{spread})"


def _published(rows: list[dict[str, Any]], stride: int) -> str:
    (row,) = (row for row in rows if row["axes"].get("stride") == stride)
    joints = [row["published_per_control"][joint] for joint in JOINTS]
    return f"{number(mean(joints))} ({', '.join(map(number, joints))})"
