"""On which weight of SIGReg it depends whether training reaches the predicted fold: small encoders from three starts.

    python benchmarks/predictor_weights.py [--steps 2500] [--seeds 2] [--jobs 2] [--kept FOLDER]

Ornstein-Uhlenbeck pairs whose linear map is not the best aligned Gaussian one. Encoders start anywhere, at the linear
map, or at a fold, and are trained at several weights; the loss at the end says which of the two is better, and where
each start ends says which of them is a local optimum. results/predictor_weights.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from kept_rows import kept_rows
from machine import RESULTS, described
from predictor_hard_cases import gaussian
from tables import rewrite
from trained_on_controls import Map, trained
from worldprobe._util.files import write_json

WEIGHTS = (0.025, 0.2)
WORLDS: dict[str, tuple[tuple[float, ...], int]] = {
    ".8 and -.6": ((0.8, -0.6), 1),
    ".95 and .2": ((0.95, 0.2), 0),
}
"""Pair correlations, and which control is folded."""


def linear(z: np.ndarray) -> np.ndarray:
    """Return the controls."""
    return z


def folded(which: int, z: np.ndarray) -> np.ndarray:
    """Return the controls, one of them folded; another one takes its sign, so that they are N(0, I) again."""
    h = z.copy()
    h[:, which] = ndtri((2.0 * ndtr(np.abs(z[:, which])) - 1.0).clip(1e-6, 1.0 - 1e-6))
    if z.shape[1] > 1:
        h[:, 1 - which] = np.sign(z[:, which]) * np.abs(z[:, 1 - which]) if which == 0 else z[:, 1 - which]
    return h


def encoder(name: str, weight: float, start: str, steps: int, seed: int) -> dict[str, Any]:
    """Train one encoder."""
    rho, which = WORLDS[name]
    starts: dict[str, Map | None] = {"anywhere": None, "linear": linear, "fold": partial(folded, which)}
    last: dict[str, Any] = trained(gaussian(rho), len(rho), steps, seed, weight, starts[start])["history"][-1]
    return last


def main() -> None:
    """Train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2_500)
    parser.add_argument("--seeds", type=int, default=2, help="encoders that start anywhere; one from each map")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, help="folder of rows, so that an interrupted run goes on")
    given = parser.parse_args()
    starts = {"anywhere": given.seeds, "linear": 1, "fold": 1}
    wanted: dict[str, Callable[[], dict[str, Any]]] = {
        f"{name} {weight} {start} {given.steps} {seed}": partial(encoder, name, weight, start, given.steps, seed)
        for name in WORLDS
        for weight in WEIGHTS
        for start, seeds in starts.items()
        for seed in range(seeds)
    }
    rows = dict(zip(wanted, kept_rows(given.kept, given.jobs, wanted), strict=True))
    results = {
        name: {
            f"{weight:g}": {
                start: [rows[f"{name} {weight} {start} {given.steps} {seed}"] for seed in range(seeds)]
                for start, seeds in starts.items()
            }
            for weight in WEIGHTS
        }
        for name in WORLDS
    }
    what = "Encoders trained with SIGReg at several weights, from three starts, where a fold is better aligned"
    document = {"what": what, "settings": {"steps": given.steps, "seeds": given.seeds}, "machine": described()}
    write_json(RESULTS / "predictor_weights.json", document | {"results": results})
    rewrite()


if __name__ == "__main__":
    main()
