"""The predictor where no closed form is near: walls, and controls that depend on one another, beside trained encoders.

    python benchmarks/predictor_hard_cases.py [--pairs 100000] [--steps 2500] [--searches 4] [--seeds 3]
        [--jobs 2] [--kept FOLDER] [--predict-anew CASE ...]

Every case is predicted with several seeds of the search, and small encoders of the controls themselves are trained
with SIGReg at two of its weights: results/predictor_hard_cases.json.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kept_rows import kept_rows
from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import Draw, rounded, trained
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import REGIMES, Pairs
from worldprobe.predictor.gaussian_coordinates import fit_marginals
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.world import Control

WEIGHTS = (0.025, 0.2)
"""SIGReg's weights: at the larger one embeddings are nearer to N(0, I), which is what is predicted for."""
SHOWN = 200_000
"""Controls that the Gaussian coordinate of heavy tails is made from."""
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


def heavy(alpha: float) -> Draw:
    """Return generalised-normal siblings of one control: tails that are heavier, the smaller alpha is."""
    regime = REGIMES["generalised-normal"](alpha=alpha, rho=0.9025, pairing="siblings")

    def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        found = regime.sample(2 * count, [Control("z1", "", 1.0, "a control")], rng)
        return found.first, found.second

    return draw


CASES: dict[str, tuple[Draw, int]] = {
    "box, n = 1": (box(1), 1),
    "box, n = 2": (box(2), 2),
    "box, n = 3": (box(3), 3),
    "z2 = 2 z1 + 0.001 e": (doubled, 2),
    "z2 = z1²": (squared, 2),
    "z3 = z1 + z2 + 0.1 e": (summed, 3),
    "rho .8 and -.6": (gaussian((0.8, -0.6)), 2),
    "shape .5": (heavy(0.5), 1),
    "shape .25": (heavy(0.25), 1),
}


def predicted(case: str, pairs: int, seed: int) -> dict[str, Any]:
    """Return one prediction as an audit makes it: an approximate one where the full one is refused."""
    draw, n = CASES[case]
    first, second = draw(stream(seed, "pairs"), pairs)
    start = time.process_time()
    index = np.arange(2 * pairs).reshape(-1, 2)
    made = Pairs(np.stack([first, second], axis=1).reshape(-1, n).astype(np.float32), index)
    found = predict_log(made, [f"z{i + 1}" for i in range(n)], seed=seed)
    answer = {
        "r2": rounded(found.r2),
        "ci95": rounded(found.ci95),
        "r2 per control": rounded(list((found.r2_per_control or {}).values())),
        "approximate": found.approximate,
        "refused": found.refused,
        "tried": [rounded([own.pair_correlation, own.r2]) for own in found.tried],
        "seconds": round(time.process_time() - start, 1),
    }
    print(f"{case}, predicted: {answer['r2']} {answer['ci95']} {found.refused or ''}", flush=True)
    return answer


def encoder(case: str, steps: int, seed: int, weight: float) -> dict[str, Any]:
    """Train one encoder on a case; of heavy tails it is given the Gaussian coordinate."""
    draw, n = CASES[case]
    shown = fit_marginals(np.concatenate(draw(stream(0, "shown"), SHOWN))) if case.startswith("shape") else None
    return trained(draw, n, steps, seed, weight, shown=shown)


def main() -> None:
    """Predict, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=2_500)
    parser.add_argument("--searches", type=int, default=4, help="predictions of other samples with other searches")
    parser.add_argument("--seeds", type=int, default=3, help="encoders trained at each weight")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, help="folder of rows, so that an interrupted run goes on")
    parser.add_argument("--only", choices=["predicted", "trained"], help="make these rows, write no result")
    parser.add_argument("--predict-anew", nargs="+", choices=list(CASES), help="predict these; keep what was trained")
    given = parser.parse_args()
    if given.predict_anew:
        _predict_anew(given.predict_anew, given.pairs, given.searches)
        return
    wanted: dict[str, Callable[[], dict[str, Any]]] = {}
    if given.only != "trained":
        for case in CASES:
            for seed in range(given.searches):
                wanted[f"{case} predicted {given.pairs} {seed}"] = partial(predicted, case, given.pairs, seed)
    if given.only != "predicted":
        for seed in range(given.seeds):
            for case in CASES:
                for weight in WEIGHTS:
                    name = f"{case} trained {given.steps} {seed} {weight}"
                    wanted[name] = partial(encoder, case, given.steps, seed, weight)
    rows = dict(zip(wanted, kept_rows(given.kept, given.jobs, wanted), strict=True))
    if given.only:
        return
    results = {
        case: {
            "predicted": [rows[f"{case} predicted {given.pairs} {seed}"] for seed in range(given.searches)],
            "trained": {
                f"{weight:g}": [rows[f"{case} trained {given.steps} {seed} {weight}"] for seed in range(given.seeds)]
                for weight in WEIGHTS
            },
        }
        for case in CASES
    }
    what = "Predictions without a closed form, and small encoders trained with SIGReg at two weights"
    settings = {name: value for name, value in vars(given).items() if name in ("pairs", "steps", "searches", "seeds")}
    document = {"what": what, "settings": settings, "machine": described(), "results": results}
    write_json(RESULTS / "predictor_hard_cases.json", document)
    rewrite()


def _predict_anew(cases: list[str], pairs: int, searches: int) -> None:
    """Predict some cases anew and put them into the file, with the machine that made them."""
    file = RESULTS / "predictor_hard_cases.json"
    document = json.loads(file.read_text(encoding="utf8"))
    for case in cases:
        document["results"][case]["predicted"] = [predicted(case, pairs, seed) for seed in range(searches)]
        document.setdefault("predicted anew", {})[case] = described()
    write_json(file, document)
    rewrite()


if __name__ == "__main__":
    main()
