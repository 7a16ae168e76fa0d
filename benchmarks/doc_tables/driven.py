"""A study of policies, over seeds: recovery, errors of transitions, whose fault missed goals are, the hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from doc_tables.markdown import ABSENT, RESULTS, markdown, number, recorded, took
from worldprobe.results.summary import student

Row = dict[str, Any]
PARTS = ("reached", "search", "transition", "encoder", "predictor")


def transitions(file: str) -> str:
    """Return recovery and the errors of the learned transition under every policy, with Student's t over seeds."""
    if not (RESULTS / file).exists():
        return _absent(file)
    found = recorded(file)
    lines = [_transition(row) for row in found["rows"] if row["transition"]]
    head = ["policy", "seeds", "least excitation", "predicted R²", "R²", "reading the state", "on-policy error"]
    head += ["counterfactual error", "error of B", "angle of the worst effect"]
    return f"{markdown(head, lines)}\n\n{took(found)}"


def planning(file: str) -> str:
    """Return how many goals are reached over all seeds with every transition, and whose fault the others are."""
    if not (RESULTS / file).exists():
        return _absent(file)
    lines = []
    for row in recorded(file)["rows"]:
        for kind in row["planning"][0]["failures"] if row["planning"] else ():
            lines.append(_planned(row, kind))
    head = ["policy", "transition", "goals", "reached", "missed by the search", "by the transition", "by the encoder"]
    head += ["by its own predictor", "reached at random", "ranks of costs: random plans", "middle", "elite"]
    return markdown(head, lines)


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


def _transition(row: Row) -> list[str]:
    every = row["transition"]
    predicted = row["predicted"]
    ahead = number(predicted) if isinstance(predicted, float) else "refused"
    excitation = every[0]["directions"][0]["excitation"]
    least = f"{excitation:.2g}" if excitation > 1e-9 else "0"
    r2 = f"{row['r2']:.3f}" if row["sd"] is None else f"{row['r2']:.3f} ± {_half(row['r2_per_seed']):.3f}"
    errors = [_spread([own[name] for own in every]) for name in ("reading", "on_policy", "counterfactual")]
    effects = _spread([100 * own["effects_error"] for own in every])
    angle = max(max(own["effect_angles"].values()) for own in every)
    return [row["regime"], str(len(every)), least, ahead, r2, *errors, f"{effects} %", f"{angle:.0f}°"]


def _planned(row: Row, kind: str) -> list[str]:
    every = row["planning"]
    splits = [own["failures"][kind] for own in every]
    counts = [_total(splits, part) for part in PARTS]
    goals = sum(own["pairs"] for own in every)
    at_random = sum(own["floor"]["success"] for own in every) / len(every)
    ranks = [own["agreement"][kind] for own in every]
    each = [_mean([own[part] for own in ranks], number) for part in ("random", "middle", "elite")]
    name = row["regime"] if row["role"] == "measured" else row["objective"]
    said = "trained with the encoder" if kind == "joint" else f"fitted afterwards, {kind}"
    return [name, said, str(goals), *counts, f"{100 * at_random:.0f} %", *each]


def _total(splits: Sequence[dict[str, int | None]], part: str) -> str:
    values = [own.get(part) for own in splits]
    return ABSENT if None in values else str(sum(value or 0 for value in values))


def _mean(values: Sequence[float | None], shown: Callable[[float | None], str]) -> str:
    known = [value for value in values if value is not None]
    return shown(sum(known) / len(known) if known else None)


def _spread(values: Sequence[float]) -> str:
    """Return a mean with half of Student's 95 % interval over seeds; of one seed, the value."""
    mean = sum(values) / len(values)
    return f"{mean:.2g}" if len(values) == 1 else f"{mean:.2g} ± {_half(values):.1g}"


def _half(values: Sequence[float]) -> float:
    low, high = student(values).ci95
    return (high - low) / 2


def _absent(file: str) -> str:
    return f"Not recorded: there is no `benchmarks/results/{file}`."
