"""The predictor on worlds of known difficulty, beside trained encoders, and its speed: results/predictor_table.json.

    python benchmarks/predictor_table.py [--pairs 400000] [--steps 6000] [--million 1000000] [--alpha 0.25 0.5]

1. Generalised-normal siblings of pair correlation .9025, one control: both ceilings over the shape alpha.
2. What polynomials do where splines are used: leading eigenvalue and R^2 by degree, at alpha = 1.5 and 200,000 pairs.
3. Gaussian pairs with a slow and a fast control: both ceilings, the closed-form margins, and a small encoder trained
   with SIGReg on the controls themselves.
4. Seconds for a million pairs (float32), one to six controls.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
import torch

from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import Draw, rounded, trained
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import REGIMES
from worldprobe.predictor.predict import CEILINGS, predict
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.unequal_correlations import sigreg_margin, whitening_margin
from worldprobe.world import Control

ALPHAS = (0.125, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 16.0, 32.0)
RHO = 0.9025
SLOW_AND_FAST = ((0.95, 0.9), (0.95, 0.5), (0.95, 0.2))
SEED = 0

Pairs = tuple[np.ndarray, np.ndarray]


def controls(n: int) -> list[Control]:
    """Return n nameless controls."""
    return [Control(f"z{i}", "", 1.0, "a control") for i in range(n)]


def siblings(alpha: float, pairs: int) -> Pairs:
    """Draw generalised-normal siblings, one control."""
    regime = REGIMES["generalised-normal"](alpha=alpha, rho=RHO, pairing="siblings")
    drawn = regime.sample(2 * pairs, controls(1), stream(SEED, "siblings", str(alpha)))
    return drawn.first, drawn.second


def gaussian(rho: tuple[float, ...], pairs: int) -> Pairs:
    """Draw Ornstein-Uhlenbeck pairs, one correlation per control."""
    n = len(rho)
    regime = REGIMES["gaussian"](rho=dict(zip([spec.name for spec in controls(n)], rho, strict=True)))
    drawn = regime.sample(2 * pairs, controls(n), stream(SEED, "gaussian", str(rho)))
    return drawn.first, drawn.second


def drawn_with(rho: tuple[float, ...]) -> Draw:
    """Return how Ornstein-Uhlenbeck pairs of these correlations are drawn."""
    each = np.array(rho)

    def draw(rng: np.random.Generator, count: int) -> Pairs:
        z = rng.standard_normal((count, len(each)))
        return z, each * z + np.sqrt(1 - each**2) * rng.standard_normal(z.shape)

    return draw


def told(found: IdealEncoder, seconds: float) -> dict[str, Any]:
    """Return what a prediction says."""
    row: dict[str, Any] = {
        "r2": rounded(found.r2),
        "ci95": rounded(found.ci95),
        "r2 per control": rounded(found.r2_per_control and list(found.r2_per_control.values())),
        "pair correlations": rounded(found.pair_correlations),
        "bracket": rounded(found.bracket),
        "proven": found.proven,
        "refused": found.refused,
        "R^2 by number of functions": [(step.functions, rounded(step.r2)) for step in found.convergence],
        "seconds": round(seconds, 2),
    }
    if found.tried:
        row["maps tried: pair correlation, R^2"] = {
            own.name: rounded([own.pair_correlation, own.r2]) for own in found.tried
        }
    return row


def both(pairs: Pairs, **settings: Any) -> dict[str, Any]:
    """Return both ceilings' predictions, with the seconds each took."""
    found = {}
    for objective in CEILINGS:
        start = time.perf_counter()
        prediction = predict(*pairs, objective, rng=stream(SEED, "predict"), **settings)
        found[objective] = told(prediction, time.perf_counter() - start)
        print(f"  {objective}: R^2 {found[objective]['r2']} {prediction.refused or ''}", flush=True)
    return found


def polynomials(pairs: Pairs, degrees: tuple[int, ...]) -> list[dict[str, float]]:
    """Solve the same eigenproblem with orthonormal polynomials of the empirical marginal (Stieltjes's recurrence)."""
    first, second = (member[:, 0].astype(np.float64) for member in pairs)
    pooled = np.concatenate([first, second])
    z = (pooled - pooled.mean()) / pooled.std()
    basis, before, norm = [np.ones_like(z)], np.zeros_like(z), 0.0
    for _ in range(max(degrees)):
        here = basis[-1]
        ahead = (z - (z * here**2).mean()) * here - norm * before
        norm = float(np.sqrt((ahead**2).mean()))
        before = here
        basis.append(ahead / norm)
    values = np.stack(basis[1:], axis=1)
    one, two = values[: len(first)], values[len(first) :]
    lagged = (one.T @ two + two.T @ one) / (2 * len(first))
    rows = []
    for degree in degrees:
        correlations, features = np.linalg.eigh(lagged[:degree, :degree])
        r2 = float((features[:, -1] @ (values[:, :degree].T @ z) / len(z)) ** 2)
        rows.append({"degree": degree, "pair correlation": rounded(correlations[-1]), "r2": rounded(r2)})
    return rows


def main() -> None:
    """Measure, print, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=400_000, help="pairs of the table over alpha")
    parser.add_argument("--steps", type=int, default=6_000, help="training steps of the small encoders")
    parser.add_argument("--million", type=int, default=1_000_000, help="pairs of the timing")
    parser.add_argument("--alpha", type=float, nargs="+", help="make these shapes anew, and keep the other results")
    given = parser.parse_args()
    if given.alpha:
        _shapes_anew(given.alpha, given.pairs)
        return
    results: dict[str, Any] = {}
    results["shape alpha"] = {}
    for alpha in ALPHAS:
        print(f"alpha {alpha:g}", flush=True)
        results["shape alpha"][f"{alpha:g}"] = both(siblings(alpha, given.pairs), at_most=given.pairs)
    results["polynomials at alpha 1.5"] = polynomials(siblings(1.5, 200_000), (3, 5, 7, 9, 11, 13))
    results["slow and fast"] = {}
    for rho in SLOW_AND_FAST:
        print(f"rho {rho}", flush=True)
        results["slow and fast"][str(rho)] = both(gaussian(rho, 100_000)) | {
            "whitening margin": rounded(whitening_margin(np.array(rho))),
            "sigreg margin": rounded(sigreg_margin(np.array(rho))),
            "trained with SIGReg": [trained(drawn_with(rho), len(rho), given.steps, seed) for seed in (0, 1)],
        }
    results["seconds for a million pairs"] = {}
    for n in (1, 2, 4, 6):
        print(f"{given.million:,} pairs of {n} controls", flush=True)
        found = both(gaussian((0.7,) * n, given.million))
        results["seconds for a million pairs"][str(n)] = {own: found[own]["seconds"] for own in found}
    what = "Predicted linear R^2 of ideal encoders; at most 250,000 of the million pairs are used"
    settings = {name: value for name, value in vars(given).items() if name != "alpha"}
    description = described() | {"threads": torch.get_num_threads()}
    write_json(
        RESULTS / "predictor_table.json",
        {"what": what, "settings": settings, "machine": description, "results": results},
    )
    rewrite()


def _shapes_anew(alphas: list[float], pairs: int) -> None:
    """Predict some shapes anew and put them into the file, with the machine that made them."""
    file = RESULTS / "predictor_table.json"
    document = json.loads(file.read_text(encoding="utf8"))
    for alpha in alphas:
        print(f"alpha {alpha:g}", flush=True)
        document["results"]["shape alpha"][f"{alpha:g}"] = both(siblings(alpha, pairs), at_most=pairs)
        document.setdefault("made anew", {})[f"shape {alpha:g}"] = described()
    write_json(file, document)
    rewrite()


if __name__ == "__main__":
    main()
