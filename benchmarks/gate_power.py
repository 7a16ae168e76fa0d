"""What the gates find, and how often they are wrong: benchmarks/results/gate_power.json.

    python benchmarks/gate_power.py [--logs 300] [--seeds 3] [--workers 1] [--only clean|states|frames|short]

False alarms are counted on ideal logs: Gaussian walks of 200 to 100,000 rows, 1 to 6 states, in one episode or many,
fast or slow. What a gate rightly says of an ideal log's own size and speed is no alarm: `RIGHTLY`. Power is the share
of seeds in which a planted fault is named by one of its gates. What a fault costs is R^2: predicted for the ideal
encoder, on canonical states, or read from frames of other clips; of what frames show and no state says, the share of a
dimension that it takes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from machine import RESULTS, described
from planted_logs import FRAME_EPISODES, FRAME_FAULTS, FRAME_ROWS, STATE_FAULTS, frames_of, pairs_of, walk
from worldprobe._util.files import write_json
from worldprobe.audits import Gate, Verdict, audit_frames, audit_regime
from worldprobe.predictor.few_draws import SampleSize
from worldprobe.predictor.log_prediction import predict_log

NAMES = ("a", "b", "c", "d", "e", "f")
TEST_STATES = 2000
SHORT = 9
"""A short log has every ninth episode of a long one: 12 of 200 rows, as many of the faulty half as of the other."""

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""`map`, in this process or in several."""


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
    "enough-pairs": lambda states, rho: SampleSize(_pairs(states), 1.0, states.shape[2], rho).enough < 1.2 * 2,
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


def clean(logs: int, each: Map) -> dict[str, Any]:
    """Audit ideal logs, every other four after standardising; return the alarms."""
    kinds = Counter(
        f"{'one episode' if seed % 2 == 0 else 'episodes'}, {'slow' if seed // 2 % 2 == 0 else 'fast'}"
        for seed in range(logs)
    )
    alarms = [alarm for alarm in each(alarm_of, range(logs)) if alarm is not None]
    by_gate = Counter(name for alarm in alarms for name in {text.split()[0] for text in alarm["gates"]})
    return {
        "logs": logs,
        "kinds": dict(kinds),
        "with_an_alarm": len(alarms),
        "with_a_failure": sum(any("fail" in text for text in alarm["gates"]) for alarm in alarms),
        "by_gate": dict(by_gate),
        "alarms": alarms,
    }


def alarm_of(seed: int) -> dict[str, Any] | None:
    """Audit one ideal log; return what it says without reason, None where that is nothing."""
    states, rho = ideal(seed)
    pairs, n = pairs_of(states), states.shape[2]
    gates = audit_regime(pairs, NAMES[:n], standardise=seed % 8 < 4)
    wrong = [g for g in bad(gates) if not RIGHTLY.get(g.gate, lambda *_: False)(states, rho)]
    if not wrong:
        return None
    found = {"seed": seed, "shape": list(states.shape), "rho": round(rho, 5), "gates": list(map(said, wrong))}
    print(found, flush=True)
    return found


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


Found = tuple[float, set[str]]
"""What a fault costs, NaN where it was not asked for, and the gates that do not pass."""


def state_faults(seeds: int, each: Map) -> list[dict[str, Any]]:
    """Audit every planted fault of states; frames show the true ones."""
    cells = [(name, seed) for name in STATE_FAULTS for seed in range(seeds)]
    found = dict(zip(cells, each(_of_states, cells), strict=True))
    ideal_r2 = -found["none", 0][0]
    rows = []
    for name, fault in STATE_FAULTS.items():
        true, recorded = fault.make(np.random.default_rng(0))
        own = [found[name, seed] for seed in range(seeds)]
        in_record = recorded is not true
        falls = [cost + (0.0 if in_record else ideal_r2) for cost, _ in own]
        rows.append(_row(name, "record" if in_record else "exploration", falls, own, fault.named_by, fault.unseen))
    return rows


def _of_states(cell: tuple[str, int]) -> Found:
    """Return what a fault of the record costs, or minus the R^2 predicted for one of the exploration."""
    name, seed = cell
    true, recorded = STATE_FAULTS[name].make(np.random.default_rng(seed))
    gates = audit_regime(pairs_of(recorded), NAMES[:3])
    if recorded is true:
        return -predicted(recorded) if seed == 0 else np.nan, kinds_of(gates)
    some = slice(0, len(true), max(len(true) // FRAME_EPISODES, 1))
    frames = frames_of(true[some])
    with_fault, without = (
        audit_frames(frames.reshape(-1, *frames.shape[2:]), pairs_of(states[some]), NAMES[:3])
        for states in (recorded, true)
    )
    return read(without) - read(with_fault), kinds_of(gates + with_fault)


def short_logs(seeds: int, each: Map) -> dict[str, float]:
    """Return, by fault of states that is named in long logs, in which share of the seeds it is named in short ones."""
    cells = [(name, seed) for name, fault in STATE_FAULTS.items() if fault.named_by for seed in range(seeds)]
    found = dict(zip(cells, each(_named_in_a_short_log, cells), strict=True))
    names = dict.fromkeys(name for name, _ in cells)
    return {name: round(float(np.mean([found[name, seed] for seed in range(seeds)])), 3) for name in names}


def _named_in_a_short_log(cell: tuple[str, int]) -> bool:
    name, seed = cell
    fault = STATE_FAULTS[name]
    true, recorded = (states[::SHORT] for states in fault.make(np.random.default_rng(seed)))
    gates = audit_regime(pairs_of(recorded), NAMES[:3])
    if not np.array_equal(true, recorded):
        frames = frames_of(true)
        gates += audit_frames(frames.reshape(-1, *frames.shape[2:]), pairs_of(recorded), NAMES[:3])
    named = bool(kinds_of(gates) & set(fault.named_by))
    print(name, seed, named, sorted(kinds_of(gates)), flush=True)
    return named


def frame_faults(seeds: int, each: Map) -> list[dict[str, Any]]:
    """Audit every planted fault of frames."""
    cells = [(name, seed) for name in FRAME_FAULTS for seed in range(seeds)]
    found = dict(zip(cells, each(_of_frames, cells), strict=True))
    return [
        _row(name, "frames", [cost for cost, _ in own], own, named_by, "")
        for name, (_, named_by) in FRAME_FAULTS.items()
        for own in [[found[name, seed] for seed in range(seeds)]]
    ]


def _of_frames(cell: tuple[str, int]) -> Found:
    name, seed = cell
    change, named_by = FRAME_FAULTS[name]
    rng = np.random.default_rng(seed)
    states = walk(rng, FRAME_EPISODES, FRAME_ROWS)
    whole = frames_of(states)
    with_fault, without = (
        audit_frames(shown.reshape(-1, *shown.shape[2:]), pairs_of(states), NAMES[:3])
        for shown in (change(rng, whole), whole)
    )
    # What no state says has no R^2: alignment gives it one of the dimensions.
    cost = 1.0 / 3.0 if named_by == ("hidden-factor",) else read(without) - read(with_fault)
    return cost, kinds_of(with_fault)


def kinds_of(gates: Sequence[Gate]) -> set[str]:
    """Return the names of the gates that do not pass."""
    return {gate.gate for gate in bad(gates)}


def _row(
    name: str, where: str, falls: Sequence[float], found: Sequence[Found], named_by: Sequence[str], unseen: str
) -> dict[str, Any]:
    kinds = [own for _, own in found]
    named = [bool(own & set(named_by)) for own in kinds]
    row = {
        "fault": name,
        "in": where,
        "costs": round(float(np.nanmean(falls)), 3),
        "named": round(float(np.mean(named)), 3) if named_by else None,
        "named_by": list(named_by),
        "also": sorted(set().union(*kinds) - set(named_by)),
        "unseen": unseen,
    }
    print(row, flush=True)
    return row


def main() -> None:
    """Run the parts that were asked for, keep the others as they are on file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", choices=("clean", "states", "frames", "short"))
    given = parser.parse_args()
    path = RESULTS / "gate_power.json"
    with ProcessPoolExecutor(given.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        each: Map = map if given.workers == 1 else pool.map
        parts: dict[str, Callable[[], Any]] = {
            "clean": lambda: clean(given.logs, each),
            "states": lambda: state_faults(given.seeds, each),
            "frames": lambda: frame_faults(given.seeds, each),
            "short": lambda: short_logs(given.seeds, each),
        }
        for part in parts if given.only is None else [given.only]:
            made = parts[part]()
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
            found |= {part: made, "what": "Power and false alarms of the gates", "machine": described()}
            write_json(path, found | {"seeds": given.seeds})


if __name__ == "__main__":
    main()
