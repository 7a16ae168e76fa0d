"""Controlled worlds, predicted and trained, and the gates on actions: from controlled.json and action_gates.json."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from doc_tables.markdown import ABSENT, RESULTS, digits, markdown, number, recorded

WORLDS, GATES, ARM = "controlled.json", "action_gates.json", "driven-cpu.json"
LEAST_R2, FARTHEST, MOST_OF_B = 0.999, 0.02, 0.02
ARM_R2, ARM_REACHED = 0.93, 0.9
UNHARMED, TIMES, SECONDS = 2.0, 5.0, 10.0
OFF_BY_ONE = ("one row late", "one row late, goal-seeking", "one row early, goal-seeking")


def policies_of_worlds() -> str:
    """Return recovery in 2 to 16 controls under rich policies."""
    rows = []
    for own in recorded(WORLDS)["controls"]:
        rho = f"{min(own['canonical_correlations']):.2f}"
        kept = [_predicted(own), digits(own["trained"]), f"{100 * own['transition']['effects_error']:.2f} %"]
        rows.append([str(own["n"]), _policy(own), rho, *kept])
    return markdown(["controls", "policy", "ρ", "predicted R²", "trained R²", "error of the recovered B"], rows)


def excitation() -> str:
    """Return what ever less noise in one action costs: recovery, on-policy and counterfactual error, effects."""
    rows = []
    for own in recorded(WORLDS)["policies"]:
        found = own["transition"]
        angle = max(found["effect_angles"].values())
        errors = [_short(found["on_policy"]), _short(found["counterfactual"])]
        kept = [own["gate"]["verdict"], _predicted(own), digits(own["trained"]), *errors, f"{found['ratio']:,.3g}"]
        rows.append([_short(own["excitation"]), *kept, f"{100 * found['effects_error']:.1f} %", f"{angle:.0f}°"])
    head = ["λ_min", "gate", "predicted R²", "trained R²", "on-policy error", "counterfactual error", "ratio"]
    return markdown([*head, "error of B", "angle of the worst effect"], rows)


def rollouts() -> str:
    """Return the errors of rollouts with other actions under the richest and the poorest policy, by horizon."""
    policies, rows = recorded(WORLDS)["policies"], []
    for own in (policies[0], policies[-1]):
        found = own["transition"]["rollouts"]["other actions"]
        for place, steps in enumerate(found["horizons"]):
            errors = [_short(found[name][place]) for name in ("learned", "oracle", "mean_effect", "no_effect")]
            rows.append([_short(own["excitation"]), str(steps), *errors])
    head = ["λ_min", "steps ahead", "learned", "oracle", "floor: mean effect", "floor: the state stays"]
    return markdown(head, rows)


def spectrum() -> str:
    """Return recovery where one control is ever less predictable."""
    rows = []
    for own in recorded(WORLDS)["spectrum"]:
        each = [number(value) for value in own["candidates"]]
        rho = ", ".join(f"{value:.2f}" for value in own["canonical_correlations"])
        rows.append([rho, _predicted(own), " / ".join(each) or ABSENT, number(own["trained"])])
    return markdown(["ρ", "predicted", "linear / most predictable embedding", "trained R²"], rows)


def gates() -> str:
    """Return how often each gate on actions names what was planted, and how often it raises a false alarm."""
    found = recorded(GATES)
    logs = found["logs"]
    names = list(dict.fromkeys(name for own in found["clean"].values() for name in own))
    rows = []
    for name in names:
        clean = sum(own[name]["fail"] + own[name]["warn"] for own in found["clean"].values() if name in own)
        alarms = f"{clean} of {logs * len(found['clean'])}"
        for planted, own in found["planted"].items():
            if own["gate"] == name:
                said = f"{own[name]['fail'] + own[name]['warn']} of {logs}"
                lags = ", ".join(f"{int(lag):+d} in {count}" for lag, count in own[name].get("lags", {}).items())
                rows.append([f"`{name}`", planted, said, lags or ABSENT, alarms])
    return markdown(["gate", "planted", "named", "lag", "false alarms on clean logs"], rows)


def targets() -> str:
    """Return what had to be shown, and what was."""
    worlds, found = recorded(WORLDS), recorded(GATES)
    controls, rich, poor = worlds["controls"], worlds["policies"][0], worlds["policies"][-1]
    least = min(controls, key=lambda own: own["trained"])
    farthest = max(abs(own["predicted"] - own["trained"]) for own in controls if own["predicted"] is not None)
    effects = max(own["transition"]["effects_error"] for own in controls)
    on_policy = poor["transition"]["on_policy"] / rich["transition"]["on_policy"]
    times = poor["transition"]["counterfactual"] / rich["transition"]["counterfactual"]
    late = [found["planted"][name]["action-in-step"] for name in OFF_BY_ONE]
    named = [max(own["lags"].values()) for own in late]
    alarms = [sum(own["action-in-step"][kind] for kind in ("fail", "warn")) for own in found["clean"].values()]
    logs, seconds = found["logs"], found["seconds_for_a_million_rows"]
    rows = [
        ["n = 2 to 16, rich policies: least R²", "≥ 0.999", digits(least["trained"]), least["trained"] >= LEAST_R2],
        ["the same: error of B", "≤ 2 %", f"{100 * effects:.2f} % at most", effects <= MOST_OF_B],
        ["the same: predicted R² less trained", "≤ 0.02", f"{farthest:.4f} at most", farthest <= FARTHEST],
        ["rank-deficient policy: gate", "fails, names a2", poor["gate"]["advice"].split(". ")[0], _names(poor)],
        ["the same: on-policy error, times the rich policy's", "≤ 2", f"{on_policy:.2g}", on_policy <= UNHARMED],
        ["the same: counterfactual error, times the rich policy's", "≥ 5", f"{times:,.3g}", times >= TIMES],
        ["actions one row off, named with sign and lag", f"{logs} of {logs}", _of(named, logs), min(named) == logs],
        ["the same: false alarms", f"0 of {logs}", f"{sum(alarms)} of {logs * len(alarms)}", not sum(alarms)],
        ["gates on a million rows", "≤ 10 s", f"{seconds:.1f} s", seconds <= SECONDS],
    ]
    rows += _arm()
    return markdown(["what", "target", "found", "met"], [[*row[:3], "yes" if row[3] else "no"] for row in rows])


def _arm() -> list[list[Any]]:
    """Return the arm's rows under the random policy, from pixels, over all seeds; none where it is not recorded."""
    if not (RESULTS / ARM).exists():
        return []
    own = next(row for row in recorded(ARM)["rows"] if row["regime"] == "random")
    tasks = sum(planned["pairs"] for planned in own["planning"])
    splits = [planned["failures"]["mlp"] for planned in own["planning"]]
    split = {part: sum(each[part] for each in splits) for part in ("reached", "search", "transition", "encoder")}
    reached = split["reached"] / tasks
    parts = f"{split['search']} + {split['transition']} + {split['encoder']} of {tasks - split['reached']} missed"
    images = f"{100 * reached:.0f} % of {tasks}"
    return [
        ["arm from pixels, random policy: R²", "≥ 0.93", digits(own["r2"]), own["r2"] >= ARM_R2],
        ["the same: images reached", "≥ 90 %", images, reached >= ARM_REACHED],
        ["the same: missed by search, transition, encoder", "sums to all", parts, sum(split.values()) == tasks],
    ]


def _names(own: dict[str, Any]) -> bool:
    return own["gate"]["verdict"] == "fail" and "a2 hardly varies" in own["gate"]["advice"]


def _of(counts: Iterable[int], logs: int) -> str:
    return ", ".join(f"{count} of {logs}" for count in counts)


def _policy(own: dict[str, Any]) -> str:
    return "goal-seeking" if own["regime"]["feedback"] else "random"


def _predicted(own: dict[str, Any]) -> str:
    return "refused" if own["predicted"] is None else f"{own['predicted']:.4f}"


def _short(value: float) -> str:
    return "0" if value < 1e-12 else f"{value:.2g}"
