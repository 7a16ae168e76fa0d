"""What few pairs cost a trained encoder, beside the calibrated curve: results/few_draws.json.

    python benchmarks/few_draws.py [--seeds 3] [--steps 3000]

Ornstein-Uhlenbeck logs of two states in an analytic world, of different correlations, episodes and rows.
"""

from __future__ import annotations

import argparse

from machine import RESULTS, described
from policies import Collected, of_walk
from trained_recovery import LAMBDA, WORLD, Logged, train_all, trained
from worldprobe._util.files import write_json
from worldprobe.predictor.decorrelation import decorrelated
from worldprobe.predictor.few_draws import SampleSize

LOGS = (
    (0.8, 3, 50),
    (0.8, 6, 35),
    (0.8, 5, 80),
    (0.8, 10, 60),
    (0.8, 10, 200),
    (0.98, 4, 500),
    (0.98, 20, 500),
    (0.5, 4, 100),
    (0.5, 8, 100),
    (0.5, 10, 200),
    (0.95, 5, 30),
    (0.95, 5, 60),
    (0.998, 20, 1000),
    (0.998, 400, 50),
)
"""Pair correlation, episodes, rows of each."""


def main() -> None:
    """Train, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3000)
    given = parser.parse_args()
    logs = {size: Collected(of_walk(lambda u: u, (size[0],) * 2), *size[1:]) for size in LOGS}
    train_all(logs.values(), given.seeds, given.steps, LAMBDA)
    rows = []
    for (rho, episodes, length), collected in logs.items():
        pairs = Logged.of(collected).pairs
        draws = decorrelated(pairs.first, pairs.chains).draws
        kept = SampleSize(len(pairs.index), draws, 2, rho).kept
        found = float(trained(collected, given.seeds, given.steps, LAMBDA).mean())
        rows.append(
            {"rho": rho, "episodes": episodes, "rows": length, "draws": round(draws), "trained": round(found, 3)}
        )
        rows[-1]["calibrated"] = round(kept, 3)
        print(rows[-1], flush=True)
    settings = vars(given) | {"world": WORLD, "lambda": LAMBDA}
    what = "R^2 recovered from small logs, and the share of the ideal that the calibrated curve keeps"
    write_json(RESULTS / "few_draws.json", {"what": what, "settings": settings, "machine": described(), "rows": rows})


if __name__ == "__main__":
    main()
