"""Is the advice worth what it promises? Eight planted faults, mended as the audit says: results/ablation_advice.json.

    python benchmarks/ablation_advice.py [--seeds 1] [--steps 3000]

Each log has one planted fault. The audit names what limits it first and what mending that would buy in R^2; the policy
is then run without the fault, and an encoder trained on either log's frames says what mending did buy.
"""

from __future__ import annotations

import argparse
from typing import Any

from machine import RESULTS, described
from policies import PLANTED, Collected
from ranking import answer
from trained_recovery import LAMBDA, WORLD, Logged, train_all, trained
from worldprobe._util.files import write_json

WITHIN = 0.1


def row(name: str, fault: str, log: Collected, mended: Collected, seeds: int, steps: int) -> dict[str, Any]:
    """Return what was promised and what was gained."""
    first = answer(Logged.of(log)).causes[0]
    before, after = (float(trained(own, seeds, steps).mean()) for own in (log, mended))
    found = {
        "log": name,
        "planted": fault,
        "named_first": first.cause,
        "promised": round(first.gain, 4),
        "promised_ci95": [round(end, 4) for end in first.gain_ci95],
        "trained_before": round(before, 4),
        "trained_after": round(after, 4),
        "gained": round(after - before, 4),
    }
    print(found, flush=True)
    return found


def main() -> None:
    """Audit, train with and without each fault, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3000)
    given = parser.parse_args()
    train_all([log for planted in PLANTED.values() for log in planted[1:]], given.seeds, given.steps)
    rows = [row(name, *planted, given.seeds, given.steps) for name, planted in PLANTED.items()]
    kept = sum(abs(each["promised"] - each["gained"]) <= WITHIN for each in rows)
    named = sum(each["named_first"] == each["planted"] for each in rows)
    found = {
        "what": "What mending the cause named first was promised to add to R^2, and what it added after training",
        "settings": vars(given) | {"world": WORLD, "within": WITHIN, "lambda": LAMBDA},
        "machine": described(),
        "named": named,
        "kept": kept,
        "rows": rows,
    }
    write_json(RESULTS / "ablation_advice.json", found)
    print(f"{named} of {len(rows)} faults named first, {kept} promises kept within {WITHIN}")


if __name__ == "__main__":
    main()
