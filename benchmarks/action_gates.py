"""Power and false alarms of the gates on actions, and what they cost: results/action_gates.json.

    python benchmarks/action_gates.py

Twenty logs of each kind, 4,000 steps each, drawn with seeds 0 to 19: how often each gate fails or warns.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe.results import Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from audits.action_logs import CLEAN, Acted, controlled, mass

LOGS = 20
MILLION = {"clips": 5000, "clip": 200}


def with_ratio(log: Acted) -> Acted:
    """Return a log whose second action is twice the first."""
    return log.changed(np.column_stack([log.actions[:, 0], 2.0 * log.actions[:, 0]]))


def shuffled(log: Acted) -> Acted:
    """Return a log whose actions are those of other rows."""
    return log.changed(np.random.default_rng(0).permutation(log.actions))


def set_point(log: Acted) -> Acted:
    """Return a log whose actions are the next states, followed with an error of a tenth."""
    after = np.concatenate([log.states[1:], log.states[:1]])
    return log.changed(after + 0.1 * np.random.default_rng(0).standard_normal(after.shape))


PLANTED: dict[str, tuple[str, Callable[[int], Acted]]] = {
    "one row late": ("action-in-step", lambda seed: controlled(seed=seed).shifted(1)),
    "one row late, goal-seeking": ("action-in-step", lambda seed: CLEAN["goal-seeking"](seed).shifted(1)),
    "one row early, goal-seeking": ("action-in-step", lambda seed: CLEAN["goal-seeking"](seed).shifted(-1)),
    "two rows late, a mass": ("action-in-step", lambda seed: mass(seed=seed).shifted(2)),
    "an action that follows from the state": (
        "action-excitation",
        lambda seed: controlled(seed=seed, feedback=0.5, action_noise=[1.0, 0.0]),
    ),
    "actions in a fixed ratio": ("action-excitation", lambda seed: with_ratio(controlled(seed=seed))),
    "actions of other rows": ("action-explains", lambda seed: shuffled(controlled(seed=seed))),
    "set-points": ("action-is-state", lambda seed: set_point(controlled(seed=seed))),
    "no velocity": ("markov", lambda seed: mass(seed=seed, velocity=False)),
}


def counts(make: Callable[[int], Acted]) -> dict[str, dict[str, object]]:
    """Return how many logs fail and warn at each gate, and the lags that were named."""
    found: dict[str, dict[str, object]] = {}
    lags = []
    for seed in range(LOGS):
        for name, gates in make(seed).audited().items():
            worst = max((gate.verdict for gate in gates), key=lambda verdict: verdict.badness)
            own = found.setdefault(name, {"fail": 0, "warn": 0})
            if worst is not Verdict.PASS:
                own[worst.value] += 1
            if name == "action-in-step":
                lags.append(gates[0].evidence["lag"])
    found["action-in-step"]["lags"] = {str(lag): lags.count(lag) for lag in sorted(set(lags))}
    return found


def main() -> None:
    """Count, and time the gates on a million rows."""
    clean = {name: counts(make) for name, make in CLEAN.items()}
    planted = {name: {"gate": gate, **counts(make)} for name, (gate, make) in PLANTED.items()}
    log = controlled(3, **MILLION)
    start = time.perf_counter()
    log.audited()
    seconds = time.perf_counter() - start
    found = {"logs": LOGS, "clean": clean, "planted": planted, "seconds_for_a_million_rows": seconds}
    write_json(RESULTS / "action_gates.json", {**found, "machine": described()})
    for name, own in clean.items():
        print("clean", name, own)
    for name, own in planted.items():
        print("planted", name, own["gate"], own[str(own["gate"])])
    print(f"{seconds:.1f} s for a million rows")


if __name__ == "__main__":
    main()
