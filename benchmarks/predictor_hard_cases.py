"""The predictor where no closed form is near: walls, and controls that depend on one another, beside trained encoders.

    python benchmarks/predictor_hard_cases.py [--pairs 100000] [--steps 6000] [--searches 4] [--seeds 3]

Every case is predicted with several seeds of the search, and small encoders of the controls themselves are trained
with SIGReg at two of its weights: results/predictor_hard_cases.json.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import Draw, rounded, trained
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import Pairs
from worldprobe.predictor.log_prediction import predict_log

WEIGHTS = (0.025, 0.2)
"""SIGReg's weights: at the larger one embeddings are nearer to N(0, I), which is what is predicted for."""
HALF = np.sqrt(3.0)
STEP = 0.5
"""A box of variance 1 and the standard deviation of a step in it."""


def box(n: int) -> Draw:
    """Return a walk between reflecting walls, uniform on the box."""

    def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        z = rng.uniform(-HALF, HALF, (count, n))
        beyond = (z + STEP * rng.standard_normal(z.shape) + HALF) % (4 * HALF)
        return z, np.where(beyond > 2 * HALF, 4 * HALF - beyond, beyond) - HALF

    return draw


def gaussian(rho: tuple[float, ...]) -> Draw:
    """Return Ornstein-Uhlenbeck pairs."""
    each = np.array(rho)

    def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        z = rng.standard_normal((count, len(each)))
        return z, each * z + np.sqrt(1 - each**2) * rng.standard_normal(z.shape)

    return draw


def doubled(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw z2 = 2 z1 + 1e-3 noise."""
    first, second = (np.concatenate([z, 2 * z], axis=1) for z in gaussian((0.9,))(rng, count))
    noise = 1e-3 * rng.standard_normal((2, count))
    first[:, 1] += noise[0]
    second[:, 1] += noise[1]
    return first, second


def squared(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw z2 = z1^2."""
    first, second = (np.concatenate([z, z**2], axis=1) for z in gaussian((0.9,))(rng, count))
    return first, second


def summed(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw z3 = z1 + z2 + 0.1 e, with e drawn anew in every row."""
    pairs = gaussian((0.9, 0.9))(rng, count)
    first, second = (
        np.concatenate([z, z.sum(axis=1, keepdims=True) + 0.1 * rng.standard_normal((count, 1))], axis=1) for z in pairs
    )
    return first, second


CASES: dict[str, tuple[Draw, int]] = {
    "box, n = 1": (box(1), 1),
    "box, n = 2": (box(2), 2),
    "box, n = 3": (box(3), 3),
    "z2 = 2 z1 + 0.001 e": (doubled, 2),
    "z2 = z1²": (squared, 2),
    "z3 = z1 + z2 + 0.1 e": (summed, 3),
    "rho .8 and -.6": (gaussian((0.8, -0.6)), 2),
}


def predicted(draw: Draw, pairs: int, seed: int) -> dict[str, Any]:
    """Return one prediction as an audit makes it: an approximate one where the full one is refused."""
    first, second = draw(stream(seed, "pairs"), pairs)
    n, start = first.shape[1], time.process_time()
    index = np.arange(2 * pairs).reshape(-1, 2)
    made = Pairs(np.stack([first, second], axis=1).reshape(-1, n).astype(np.float32), index)
    found = predict_log(made, [f"z{i + 1}" for i in range(n)], seed=seed)
    said = {
        "r2": rounded(found.r2),
        "ci95": rounded(found.ci95),
        "r2 per control": rounded(list((found.r2_per_control or {}).values())),
        "approximate": found.approximate,
        "refused": found.refused,
        "tried": [rounded([own.pair_correlation, own.r2]) for own in found.tried],
        "seconds": round(time.process_time() - start, 1),
    }
    print(f"  predicted: {said['r2']} {said['ci95']} {found.refused or ''}", flush=True)
    return said


def main() -> None:
    """Predict, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=6_000)
    parser.add_argument("--searches", type=int, default=4, help="predictions of other samples with other searches")
    parser.add_argument("--seeds", type=int, default=3, help="encoders trained at each weight")
    parser.add_argument("--only", choices=list(CASES), help="print one case, write nothing")
    given = parser.parse_args()
    results = {}
    for name, (draw, n) in CASES.items():
        if given.only not in (None, name):
            continue
        print(name, flush=True)
        results[name] = {
            "predicted": [predicted(draw, given.pairs, seed) for seed in range(given.searches)],
            "trained": {
                f"{weight:g}": [trained(draw, n, given.steps, seed, weight) for seed in range(given.seeds)]
                for weight in WEIGHTS
            },
        }
    if given.only:
        return
    what = "Predictions without a closed form, and small encoders trained with SIGReg at two weights"
    settings = {name: value for name, value in vars(given).items() if name != "only"}
    document = {"what": what, "settings": settings, "machine": described(), "results": results}
    write_json(RESULTS / "predictor_hard_cases.json", document)
    rewrite()


if __name__ == "__main__":
    main()
