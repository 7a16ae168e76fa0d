"""Does the audit order logs as training does? Predicted R^2 of 12 logs against trained recovery: results/ranking.json.

    python benchmarks/ranking.py [--seeds 1] [--steps 3000] [--lamda 0.05]

The logs are made by policies from rich to poor in an analytic world (`policies.py`); the audit sees their states alone
and trains nothing. Recovery is of fresh episodes of the same policy, by a small encoder trained on the log's frames.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from scipy.stats import spearmanr

import worldprobe as wp
from machine import RESULTS, described
from policies import RICH_TO_POOR, Collected
from trained_recovery import LAMBDA, WORLD, Logged, train_all, trained
from worldprobe._util.files import write_json
from worldprobe.results import LogAnswer


def answer(logged: Logged) -> LogAnswer:
    """Return what the audit says of a log."""
    found = wp.audit(logged.pairs, names=["z1", "z2"]).parts[0].answer
    if found is None:
        raise ValueError("the audit has no answer")
    return found


def row(name: str, collected: Collected, seeds: int, steps: int, lamda: float) -> dict[str, Any]:
    """Return predicted and trained recovery of one log."""
    logged = Logged.of(collected)
    said = answer(logged)
    found_after = trained(collected, seeds, steps, lamda)
    found = {
        "log": name,
        "predicted": round(said.r2, 4),
        "ci95": np.round(said.ci95, 4).tolist(),
        "trained": round(float(found_after.mean()), 4),
        "trained_per_state": np.round(found_after, 4).tolist(),
        "approximate": said.approximate,
    }
    print(found, flush=True)
    return found


def main() -> None:
    """Predict, train, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--lamda", type=float, default=LAMBDA, help="SIGReg's weight")
    given = parser.parse_args()
    train_all(RICH_TO_POOR.values(), given.seeds, given.steps, given.lamda)
    rows = [row(name, collected, given.seeds, given.steps, given.lamda) for name, collected in RICH_TO_POOR.items()]
    predicted, recovered = (np.array([each[key] for each in rows]) for key in ("predicted", "trained"))
    found = {
        "what": "R^2 predicted by the audit, and recovered by a trained encoder, of logs from rich to poor",
        "settings": vars(given) | {"world": WORLD},
        "machine": described(),
        "spearman": round(float(spearmanr(predicted, recovered).statistic), 4),
        "mean_error": round(float(np.abs(predicted - recovered).mean()), 4),
        "rows": rows,
    }
    write_json(RESULTS / "ranking.json", found)
    print(f"Spearman {found['spearman']}, mean error {found['mean_error']}")


if __name__ == "__main__":
    main()
