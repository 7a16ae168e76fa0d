"""What an audit answers over numbers of controls and of pairs, how wide its interval is, and how long it takes.

    python benchmarks/predictor_sizes.py

Gaussian pairs of correlation .9, whose ideal R^2 is 1: results/predictor_sizes.json.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import rounded
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import Pairs
from worldprobe.predictor.log_prediction import predict_log

CONTROLS, PAIRS = (2, 6, 10, 20), (1_000, 10_000, 100_000)


def answered(n: int, pairs: int) -> dict[str, Any]:
    """Return what an audit answers of Gaussian pairs of correlation .9, whose ideal R^2 is 1."""
    rng = stream(n, "sizes", str(pairs))
    rho = np.full(n, 0.9)
    first = rng.standard_normal((pairs, n))
    second = rho * first + np.sqrt(1 - rho**2) * rng.standard_normal(first.shape)
    made = Pairs(
        np.stack([first, second], axis=1).reshape(-1, n).astype(np.float32), np.arange(2 * pairs).reshape(-1, 2)
    )
    start = time.process_time()
    found = predict_log(made, [f"z{i + 1}" for i in range(n)])
    row: dict[str, Any] = {"n": n, "pairs": pairs, "r2": rounded(found.r2), "ci95": rounded(found.ci95)}
    row |= {"approximate": found.approximate, "seconds": round(time.process_time() - start, 1)}
    print(row, flush=True)
    return row


def main() -> None:
    """Predict, write."""
    sizes = [answered(n, pairs) for n in CONTROLS for pairs in PAIRS]
    what = "Answers over numbers of controls and of pairs, Gaussian pairs whose ideal R^2 is 1; processor seconds"
    write_json(RESULTS / "predictor_sizes.json", {"what": what, "machine": described(), "sizes": sizes})
    rewrite()


if __name__ == "__main__":
    main()
