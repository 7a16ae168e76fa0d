"""Whether the linear map and a fold are both local optima of the loss: small encoders that start at either.

    python benchmarks/predictor_weights.py [--steps 2500] [--jobs 2] [--kept FOLDER]

Ornstein-Uhlenbeck pairs of correlations .8 and -.6, where a fold of the second control is better aligned than the
linear map. Encoders are fitted to one of the two maps, then trained at each of two weights of SIGReg: where a start
ends says whether it is a local optimum, the loss which of the two is better. Encoders that start anywhere are in
`predictor_hard_cases.py`. results/predictor_weights.json.
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
from predictor_hard_cases import WEIGHTS, gaussian
from tables import rewrite
from trained_on_controls import Map, trained
from worldprobe._util.files import write_json

RHO = (0.8, -0.6)


def linear(z: np.ndarray) -> np.ndarray:
    """Return the controls."""
    return z


def folded(z: np.ndarray) -> np.ndarray:
    """Return the controls with the second one folded and made Gaussian again."""
    return np.column_stack([z[:, 0], ndtri((2.0 * ndtr(np.abs(z[:, 1])) - 1.0).clip(1e-6, 1.0 - 1e-6))])


STARTS: dict[str, Map] = {"linear": linear, "fold": folded}


def encoder(weight: float, start: str, steps: int) -> dict[str, Any]:
    """Train one encoder."""
    last: dict[str, Any] = trained(gaussian(RHO), len(RHO), steps, 0, weight, start=STARTS[start])["history"][-1]
    return last


def main() -> None:
    """Train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2_500)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, help="folder of rows, so that an interrupted run goes on")
    given = parser.parse_args()
    wanted: dict[str, Callable[[], dict[str, Any]]] = {
        f"{weight:g} {start} {given.steps}": partial(encoder, weight, start, given.steps)
        for weight in WEIGHTS
        for start in STARTS
    }
    rows = dict(zip(wanted, kept_rows(given.kept, given.jobs, wanted), strict=True))
    results = {
        f"{weight:g}": {start: rows[f"{weight:g} {start} {given.steps}"] for start in STARTS} for weight in WEIGHTS
    }
    what = "Encoders trained with SIGReg from the linear map and from a fold, pair correlations .8 and -.6"
    document = {"what": what, "settings": {"steps": given.steps}, "machine": described(), "results": results}
    write_json(RESULTS / "predictor_weights.json", document)
    rewrite()


if __name__ == "__main__":
    main()
