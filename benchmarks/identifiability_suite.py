"""Our measures on the suite of "Who Guards the Guardians?" (arXiv 2602.24278): results/identifiability_suite.json.

    git clone https://github.com/shrutij01/identifiability-guard
    python benchmarks/identifiability_suite.py identifiability-guard

Every distribution of states of the suite (D1 to D4) under every family of encoders (E1 to E10), at the suite's own
settings for five states. Code of that repository is executed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe.evaluation.subject import of_arrays
from worldprobe.evaluation.tap_measures import measure_tap

STATES, ROWS, SEED = 5, 4_000, 0
KEPT = ("r2", "r2_states_to_embedding", "mlp_r2", "procrustes", "condition_number", "effective_rank")


def measured(states: np.ndarray, embedding: np.ndarray) -> dict[str, Any]:
    """Return our measures of one embedding; None where one does not apply."""
    names = tuple(f"z{place + 1}" for place in range(states.shape[1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = measure_tap(embedding, of_arrays(states, names, None, independent=True)).to_json()
    matching, dci = found["mcc"] or {}, found["dci"] or {}
    return {key: found[key] for key in KEPT} | {
        "mcc": matching.get("pearson"),
        "mcc_spearman": matching.get("spearman"),
        "disentanglement": dci.get("disentanglement"),
        "completeness": dci.get("completeness"),
    }


def main() -> None:
    """Measure every combination and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path, help="the repository's clone")
    given = parser.parse_args()
    sys.path.insert(0, str(given.clone / "src"))
    from identifiability_guard import dgp, encoders  # type: ignore[import-not-found]

    commit = subprocess.run(["git", "-C", str(given.clone), "rev-parse", "HEAD"], capture_output=True, text=True)
    rows = []
    for distribution in (name for name in dgp.__all__ if name.startswith("D")):
        states = np.asarray(getattr(dgp, distribution)(d=STATES, seed=SEED).sample(ROWS), np.float64)
        for family in (name for name in encoders.__all__ if name.startswith("E")):
            embedding = np.asarray(getattr(encoders, family)(d=STATES, seed=SEED + 1).encode(states), np.float64)
            row = {"states": distribution, "encoder": family, "d": embedding.shape[1]}
            row |= measured(states, embedding)
            print(row, flush=True)
            rows.append(row)
    settings = {"states": STATES, "rows": ROWS, "seed": SEED}
    found = {"code": "shrutij01/identifiability-guard", "commit": commit.stdout.strip(), "settings": settings}
    write_json(RESULTS / "identifiability_suite.json", found | {"machine": described(), "rows": rows})


if __name__ == "__main__":
    main()
