"""From which dependence of a control on others SIGReg's prediction no longer holds: trainings at rising noise.

    python benchmarks/dependent_controls.py [--steps 2500] [--seeds 2] [--noise 0 0.1 ...] [--weights 0.025 0.2]
        [--functions "z1²" ...] [--jobs 2] [--kept FOLDER]

The last control is z_n = f(z_1 ..) / sd(f) + s e, with z_i and e Ornstein-Uhlenbeck of pair correlation 0.9. Whatever
s > 0 is, (z_1 .., e) is N(0, I) and the best aligned map of these pairs: the ideal R^2 is known in closed form, and
finding it takes an encoder that resolves e. Small encoders of the controls are trained with SIGReg at two of its
weights; beside them stands what `worldprobe.predictor.dependent_controls` measures, the share of a control that the
others explain on pairs that were not fitted to. results/dependent_controls.json.
"""

from __future__ import annotations

import argparse
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
from worldprobe.predictor.dependent_controls import explained
from worldprobe.stats.jackknife import sample_pairs

RHO = 0.9
WEIGHTS = (0.025, 0.2)
NOISE = (0.0, 0.1, 0.3, 0.5, 1.0)
PAIRS = 20_000
LONGER, LONGER_STEPS = (("z1 + z2", 0.3), ("z1 + z2", 0.17)), 10_000
"""Worlds that are trained on longer, too: with little noise, what is left of a linear function is found late."""

FUNCTIONS: dict[str, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    "z1²": (1, lambda z: z[:, 0] ** 2),
    "|z1|": (1, lambda z: np.abs(z[:, 0])),
    "z1³": (1, lambda z: z[:, 0] ** 3),
    "sin 2 z1": (1, lambda z: np.sin(2.0 * z[:, 0])),
    "z1": (1, lambda z: z[:, 0]),
    "z1 + z2": (2, lambda z: z[:, 0] + z[:, 1]),
}
"""How many controls each is a function of, and the function."""


def world(name: str, noise: float) -> tuple[Draw, int]:
    """Return how pairs of a world are drawn, and how many controls it has."""
    free, function = FUNCTIONS[name]
    scale = function(stream(0, "scale").standard_normal((1_000_000, free))).std()

    def draw(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        one = rng.standard_normal((count, free + 1))
        two = RHO * one + np.sqrt(1.0 - RHO**2) * rng.standard_normal(one.shape)
        first, second = (
            np.column_stack([z[:, :free], function(z[:, :free]) / scale + noise * z[:, free]]) for z in (one, two)
        )
        return first, second

    return draw, free + 1


def ideal(name: str, noise: float) -> float:
    """Return the mean linear R^2 of (z_1 .., e): 1 for the free controls; for the last, what of it is linear."""
    free, function = FUNCTIONS[name]
    z = stream(1, "scale").standard_normal((1_000_000, free))
    values = function(z)
    linear = float(sum(np.corrcoef(values, column)[0, 1] ** 2 for column in z.T))
    return (free + (linear + noise**2) / (1.0 + noise**2)) / (free + 1)


def encoder(name: str, noise: float, steps: int, seed: int, weight: float) -> dict[str, Any]:
    """Train one encoder."""
    draw, n = world(name, noise)
    last = trained(draw, n, steps, seed, weight)["history"][-1]
    return {"r2": rounded(np.mean(last["r2 per control"])), **last}


def measured(name: str, noise: float) -> dict[str, Any]:
    """Return how far the others explain each control, and the ideal R^2."""
    draw, _ = world(name, noise)
    first, second = draw(stream(0, "pairs"), PAIRS)
    shares = explained(sample_pairs(first, second, None, len(first), stream(0, "explained")))
    return {"explained": rounded(shares), "ideal": rounded(ideal(name, noise))}


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2_500)
    parser.add_argument("--seeds", type=int, default=2, help="encoders trained at each weight")
    parser.add_argument("--noise", type=float, nargs="+", default=NOISE, help="standard deviations of s e")
    parser.add_argument("--weights", type=float, nargs="+", default=WEIGHTS, help="of SIGReg")
    parser.add_argument("--functions", nargs="+", choices=list(FUNCTIONS), default=list(FUNCTIONS))
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, help="folder of rows, so that an interrupted run goes on")
    given = parser.parse_args()
    worlds = [(name, noise) for name in given.functions for noise in given.noise]
    wanted: dict[str, Callable[[], dict[str, Any]]] = {
        f"{name} {noise} trained {given.steps} {seed} {weight}": partial(
            encoder, name, noise, given.steps, seed, weight
        )
        for seed in range(given.seeds)
        for weight in given.weights
        for name, noise in worlds
    }
    wanted |= {f"{name} {noise} measured": partial(measured, name, noise) for name, noise in worlds}
    wanted |= {
        f"{world} trained {LONGER_STEPS} {seed} {weight}": partial(encoder, *world, LONGER_STEPS, seed, weight)
        for world in LONGER
        for seed in range(given.seeds)
        for weight in given.weights
    }
    rows = dict(zip(wanted, kept_rows(given.kept, given.jobs, wanted), strict=True))
    results = {
        name: {
            f"{noise:g}": rows[f"{name} {noise} measured"]
            | {
                f"{weight:g}": [
                    rows[f"{name} {noise} trained {given.steps} {seed} {weight}"] for seed in range(given.seeds)
                ]
                for weight in given.weights
            }
            for noise in given.noise
        }
        for name in given.functions
    }
    what = "Encoders trained with SIGReg where one control is a function of others plus noise, beside the ideal"
    longer = [
        {"world": f"{world[0]} + {world[1]:g} e", "steps": LONGER_STEPS}
        | {
            f"{weight:g}": [rows[f"{world} trained {LONGER_STEPS} {seed} {weight}"] for seed in range(given.seeds)]
            for weight in given.weights
        }
        for world in LONGER
    ]
    document = {
        "what": what,
        "settings": {"steps": given.steps, "seeds": given.seeds, "pairs": PAIRS},
        "machine": described(),
        "results": results,
        "longer": longer,
    }
    write_json(RESULTS / "dependent_controls.json", document)
    rewrite()


if __name__ == "__main__":
    main()
