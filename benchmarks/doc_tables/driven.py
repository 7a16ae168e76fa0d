"""A study of policies: recovery, the errors of transitions, whose fault missed goals are, and the hypotheses."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import ABSENT, RESULTS, markdown, number, recorded


def transitions(file: str) -> str:
    """Return recovery and the errors of the learned transition under every policy, the first seed's."""
    if not (RESULTS / file).exists():
        return _absent(file)
    found = recorded(file)
    lines = [_transition(row) for row in found["rows"] if row["transition"]]
    head = ["policy", "least excitation", "predicted R²", "R²", "reading the state", "on-policy error"]
    head += ["counterfactual error", "error of B", "angle of the worst effect"]
    return f"{markdown(head, lines)}\n\n{found['minutes']:.1f} minutes on {found['machine']['cores']} cores."


def planning(file: str) -> str:
    """Return how many goals are reached, and whose fault the others are."""
    if not (RESULTS / file).exists():
        return _absent(file)
    lines = []
    for row in recorded(file)["rows"]:
        for plan in row["planning"][:1]:
            (split,), (ranks,) = plan["failures"].values(), plan["agreement"].values()
            counts = [str(split[part]) for part in ("reached", "search", "transition", "encoder")]
            each = [number(ranks[part]) for part in ("random", "middle", "elite")]
            name = row["regime"] if row["role"] == "measured" else row["objective"]
            lines.append([name, *counts, f"{100 * plan['floor']['success']:.0f} %", *each])
    head = ["policy", "reached", "missed by the search", "by the transition", "by the encoder", "reached at random"]
    return markdown([*head, "ranks of costs: random plans", "middle", "elite"], lines)


def hypotheses(file: str) -> str:
    """Return the fate of every hypothesis."""
    if not (RESULTS / file).exists():
        return _absent(file)
    lines = []
    for own in recorded(file)["outcomes"]:
        estimate = own["estimate"]
        low, high = estimate["ci95"] if estimate else (0.0, 0.0)
        found = f"{estimate['mean']:.3f} ({low:.3f} to {high:.3f})" if estimate else ABSENT
        lines.append([own["hypothesis"], found, own["verdict"]])
    return markdown(["hypothesis", "found, 95 % interval", "verdict"], lines)


def _transition(row: dict[str, Any]) -> list[str]:
    found = row["transition"][0]
    predicted = row["predicted"]
    ahead = number(predicted) if isinstance(predicted, float) else "refused"
    errors = [f"{found[name]:.2g}" for name in ("reading", "on_policy", "counterfactual")]
    least = f"{found['directions'][0]['excitation']:.2g}" if found["directions"][0]["excitation"] > 1e-9 else "0"
    effects = [f"{100 * found['effects_error']:.0f} %", f"{max(found['effect_angles'].values()):.0f}°"]
    return [row["regime"], least, ahead, f"{row['r2']:.3f}", *errors, *effects]


def _absent(file: str) -> str:
    return f"Not recorded: there is no `benchmarks/results/{file}`."
