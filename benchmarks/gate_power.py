"""What the gates find, and how often they are wrong: benchmarks/results/gate_power.json.

    python benchmarks/gate_power.py [--logs 300] [--seeds 3] [--only clean|states|frames]

False alarms are counted on ideal logs: Gaussian walks of 200 to 100,000 rows, 1 to 6 states, in one episode or many,
fast or slow. What a gate rightly says of an ideal log's own size and speed is no alarm: `RIGHTLY`. Power is the share
of seeds in which a planted fault is named by one of its gates. What a fault costs is R^2: predicted for the ideal
encoder, on canonical states, or read from frames of other clips; of what frames show and no state says, the share of a
dimension that it takes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from machine import RESULTS, described
from planted_logs import FRAME_EPISODES, FRAME_FAULTS, FRAME_ROWS, STATE_FAULTS, frames_of, pairs_of, walk
from worldprobe._util.files import write_json
from worldprobe.audits import Gate, Verdict, audit_frames, audit_regime
from worldprobe.predictor.few_draws import MEMORISED
from worldprobe.predictor.log_prediction import predict_log

NAMES = ("a", "b", "c", "d", "e", "f")
TEST_STATES = 2000


def ideal(seed: int) -> tuple[np.ndarray, float]:
    """Return the states of an ideal log and their correlation: every other one episode, two of four slow."""
    rng = np.random.default_rng([7, seed])
    rows = int(np.exp(rng.uniform(np.log(200), np.log(100_000))))
    n = int(rng.integers(1, 7))
    slow = seed // 2 % 2 == 0
    rho = 1.0 - np.exp(rng.uniform(np.log(0.0001), np.log(0.02))) if slow else rng.uniform(0.3, 0.97)
    length = rows if seed % 2 == 0 else int(np.exp(rng.uniform(np.log(2), np.log(min(1000, rows // 2)))))
    episodes = max(rows // length, -(-64 // (length - 1)))
    return walk(rng, episodes, length, (float(rho),) * n), float(rho)


RIGHTLY: dict[str, Callable[[np.ndarray, float], bool]] = {
    "effective-samples": lambda states, rho: draws(states, rho) < 1.5 * 50,
    "enough-pairs": lambda states, rho: rho**2 * _pairs(states) / (MEMORISED * states.shape[2]) < 1.2 * 2,
    "pairs-differ": lambda states, rho: rho > 0.985,
}
"""Gates that are right to warn of an ideal log of such a size and correlation."""


def draws(states: np.ndarray, rho: float) -> float:
    """Return the exact number of independent draws of walks in episodes."""
    episodes, rows, _ = states.shape
    lags = np.arange(1, rows)
    return episodes * rows / float(1.0 + 2.0 * np.sum(rho**lags * (1.0 - lags / rows)))


def _pairs(states: np.ndarray) -> int:
    return int(states.shape[0] * (states.shape[1] - 1))


def clean(logs: int) -> dict[str, Any]:
    """Audit ideal logs, every other after standardising; return the alarms."""
    alarms, by_gate, kinds = [], Counter[str](), Counter[str]()
    for seed in range(logs):
        states, rho = ideal(seed)
        pairs, n = pairs_of(states), states.shape[2]
        gates = audit_regime(pairs, NAMES[:n], standardise=seed % 8 < 4)
        wrong = [g for g in bad(gates) if not RIGHTLY.get(g.gate, lambda *_: False)(states, rho)]
        kinds[f"{'one episode' if seed % 2 == 0 else 'episodes'}, {'slow' if seed // 2 % 2 == 0 else 'fast'}"] += 1
        if wrong:
            by_gate.update({gate.gate for gate in wrong})
            alarms.append(
                {"seed": seed, "shape": list(states.shape), "rho": round(rho, 5), "gates": list(map(said, wrong))}
            )
            print(alarms[-1], flush=True)
    return {
        "logs": logs,
        "kinds": dict(kinds),
        "with_an_alarm": len(alarms),
        "with_a_failure": sum(any("fail" in text for text in alarm["gates"]) for alarm in alarms),
        "by_gate": dict(by_gate),
        "alarms": alarms,
    }


def bad(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates that do not pass."""
    return [gate for gate in gates if gate.verdict is not Verdict.PASS]


def said(gate: Gate) -> str:
    """Return a gate in a few words."""
    return f"{gate.gate} {gate.subject}: {gate.verdict.value} ({gate.value:.3g}, threshold {gate.threshold:.3g})"


def predicted(recorded: np.ndarray) -> float:
    """Return the ideal encoder's mean R^2 on canonical states, in the log's own units."""
    flat = recorded.reshape(-1, recorded.shape[-1])
    test = (np.random.default_rng(1).standard_normal((TEST_STATES, 3)) - flat.mean(axis=0)) / flat.std(axis=0)
    record = predict_log(pairs_of(recorded), NAMES[:3]).record(test)
    found = [value for value in (record.r2, record.r2_on_test) if value is not None]
    return min(found) if found else float("nan")


def read(gates: Sequence[Gate]) -> float:
    """Return the mean R^2 of the states as they are read from frames."""
    return float(np.mean([max(gate.value, 0.0) for gate in gates if gate.gate == "readable"]))


def state_faults(seeds: int) -> list[dict[str, Any]]:
    """Audit every planted fault of states; frames show the true ones."""
    found, reference = [], {}
    for name, fault in STATE_FAULTS.items():
        named, others, falls = [], Counter[str](), []
        for seed in range(seeds):
            true, recorded = fault.make(np.random.default_rng(seed))
            gates = audit_regime(pairs_of(recorded), NAMES[:3])
            in_record = recorded is not true
            if in_record:
                some = slice(0, len(true), max(len(true) // FRAME_EPISODES, 1))
                shown, own = frames_of(true[some]), pairs_of(recorded[some])
                frame_gates = audit_frames(shown.reshape(-1, *shown.shape[2:]), own, NAMES[:3])
                base = audit_frames(shown.reshape(-1, *shown.shape[2:]), pairs_of(true[some]), NAMES[:3])
                falls.append(read(base) - read(frame_gates))
                gates += frame_gates
            elif seed == 0:
                reference.setdefault("clean", predicted(recorded) if name == "none" else 1.0)
                falls.append(reference["clean"] - predicted(recorded))
            kinds = {gate.gate for gate in bad(gates)}
            named.append(bool(kinds & set(fault.named_by)))
            others.update(kinds)
        found.append(
            _row(name, "record" if in_record else "exploration", falls, named, others, fault.named_by, fault.unseen)
        )
    return found


def frame_faults(seeds: int) -> list[dict[str, Any]]:
    """Audit every planted fault of frames."""
    found = []
    for name, (change, named_by) in FRAME_FAULTS.items():
        named, others, falls = [], Counter[str](), []
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            states = walk(rng, FRAME_EPISODES, FRAME_ROWS)
            whole = frames_of(states)
            shown = change(rng, whole)
            gates, base = (
                audit_frames(each.reshape(-1, *each.shape[2:]), pairs_of(states), NAMES[:3]) for each in (shown, whole)
            )
            kinds = {gate.gate for gate in bad(gates)}
            named.append(bool(kinds & set(named_by)))
            others.update(kinds)
            falls.append(1.0 / 3.0 if named_by == ("hidden-factor",) else read(base) - read(gates))
        found.append(_row(name, "frames", falls, named, others, named_by, ""))
    return found


def _row(
    name: str,
    where: str,
    falls: Sequence[float],
    named: Sequence[bool],
    others: Counter[str],
    named_by: Sequence[str],
    unseen: str,
) -> dict[str, Any]:
    row = {
        "fault": name,
        "in": where,
        "costs": round(float(np.mean(falls)), 3),
        "named": round(float(np.mean(named)), 3) if named_by else None,
        "named_by": list(named_by),
        "also": sorted(set(others) - set(named_by)),
        "unseen": unseen,
    }
    print(row, flush=True)
    return row


def main() -> None:
    """Run the parts that were asked for, keep the others as they are on file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("clean", "states", "frames"))
    given = parser.parse_args()
    path = RESULTS / "gate_power.json"
    parts: dict[str, Callable[[], Any]] = {
        "clean": lambda: clean(given.logs),
        "states": lambda: state_faults(given.seeds),
        "frames": lambda: frame_faults(given.seeds),
    }
    for part in parts if given.only is None else [given.only]:
        made = parts[part]()
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
        found |= {
            part: made,
            "what": "Power and false alarms of the gates",
            "seeds": given.seeds,
            "machine": described(),
        }
        write_json(path, found)


if __name__ == "__main__":
    main()
