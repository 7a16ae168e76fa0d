"""How often the predictor's 95 % intervals hold the answer, over random worlds of known answer, and what it refuses.

    python benchmarks/predictor_coverage.py [--worlds 200] [--dependent 40] [--pairs N] [--short] [--jobs 2]
        [--kept FOLDER]

Every world has 1 to 6 controls and 20,000 to 100,000 pairs. Gaussian coordinates move as Ornstein-Uhlenbeck pairs, with
or without jumps, whose correlations leave the linear map optimal (`sigreg_margin`), or as the uniform walk between
reflecting walls, or with a negative correlation. Each is bent by an increasing function, and in a third of the worlds
the bent ones are mixed by a random matrix. The ideal encoder recovers the Gaussian coordinates u, so that R^2 of a
control is that of its regression on u: by quadrature. For several controls between walls it is not proven that the
ideal encoder recovers u: the truth is then the range from the least that trained encoders recovered to u's. Worlds of
proven truth are counted apart as well. results/predictor_coverage.json.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

import dependent_controls
from kept_rows import kept_rows
from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import rounded
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.predictor import rearrangement, search
from worldprobe.predictor.predict import predict
from worldprobe.predictor.unequal_correlations import sigreg_margin

BENT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "u": lambda u: u,
    "sinh(u / 2)": lambda u: np.sinh(u / 2),
    "Phi(u)": ndtr,
    "u + u³ / 3": lambda u: u + u**3 / 3,
    "exp(u / 2)": lambda u: np.exp(u / 2),
    "tanh(u)": np.tanh,
    "u |u|": lambda u: u * np.abs(u),
}
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(201)
DENSITY = WEIGHTS / WEIGHTS.sum()
SAFE = 0.1
"""Least margin of `sigreg_margin`: nearer to 0 no sample of this size decides."""
TRAINED = {2: 0.9475, 3: 0.8976}
"""Least R^2 of three encoders that were trained between walls by `predictor_hard_cases.py` at SIGReg's weight .2, by
number of controls."""
RESOLVED = 5e-4
"""An interval that is missed by less holds the answer: R^2 is said to two or three decimals."""


@dataclass(frozen=True)
class World:
    """Pairs whose answer is known."""

    name: str
    first: np.ndarray
    second: np.ndarray
    truth: np.ndarray
    """R^2 of each control."""


def moments(bend: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """Return a function's covariance with u, and its variance."""
    values = bend(NODES)
    values = values - values @ DENSITY
    return float(values * NODES @ DENSITY), float(values**2 @ DENSITY)


def random_world(seed: int, every: int | None) -> World:
    """Draw one."""
    rng = stream(seed, "world")
    n, pairs = int(rng.integers(1, 7)), int(rng.choice([20_000, 50_000, 100_000]))
    pairs = every or pairs
    kind = rng.choice(["walk", "walk with jumps", "walls", "reflection"], p=[0.55, 0.2, 0.15, 0.1])
    if kind == "walls":
        n = min(n, 3)
        first, second = _walls(rng, pairs, n)
        return World(f"walls, n = {n}", first, second, np.full(n, 3 / np.pi))
    if kind == "reflection":
        rho = rng.uniform(-0.9, -0.5)
        first = rng.standard_normal((pairs, 1))
        second = rho * first + np.sqrt(1 - rho**2) * rng.standard_normal((pairs, 1))
        return World(f"rho = {rho:.2f}", first, second, np.zeros(1))
    rho = _safe(rng, n)
    u = rng.standard_normal((pairs, n))
    moved = rho * u + np.sqrt(1 - rho**2) * rng.standard_normal((pairs, n))
    if kind == "walk with jumps":
        jumps = rng.random((pairs, 1)) < rng.uniform(0.05, 0.3)
        moved = np.where(jumps, rng.standard_normal((pairs, n)), moved)
    names = rng.choice(list(BENT), n)
    bent = [BENT[name] for name in names]
    mixing = rng.standard_normal((n, n)) if n > 1 and rng.random() < 1 / 3 else np.eye(n)
    first, second = (np.stack([bend(z[:, i]) for i, bend in enumerate(bent)], axis=1) @ mixing.T for z in (u, moved))
    own = np.array([moments(bend) for bend in bent])
    truth = (mixing**2 @ own[:, 0] ** 2) / (mixing**2 @ own[:, 1])
    mixed = ", mixed" if (mixing != np.eye(n)).any() else ""
    return World(f"{kind}, n = {n}, {', '.join(names)}{mixed}", first, second, truth)


def _safe(rng: np.random.Generator, n: int) -> np.ndarray:
    while True:
        rho = np.full(n, rng.uniform(0.3, 0.95)) if rng.random() < 0.5 else rng.uniform(0.3, 0.95, n)
        if n == 1 or sigreg_margin(rho, degree=5) > SAFE * (1 - rho.max()):
            return rho


def _walls(rng: np.random.Generator, pairs: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    step = rng.uniform(0.1, 0.5)
    z = rng.random((pairs, n))
    unfolded = np.abs(z + step * rng.standard_normal(z.shape)) % 2
    return z, np.where(unfolded > 1, 2 - unfolded, unfolded)


def short_search() -> None:
    """Halve the points and steps of the search."""
    search.POINTS, search.MANY, search.FEW, rearrangement.STEPS = {1: 16_384}, 8_192, 10_000, 15


def dependent_world(seed: int, every: int | None) -> World:
    """Draw one whose last control is a function of the others, with noise of a standard deviation from .01 to 3."""
    rng = stream(seed, "dependent world")
    name, noise = str(rng.choice(list(dependent_controls.FUNCTIONS))), float(10 ** rng.uniform(-2.0, 0.5))
    draw, n = dependent_controls.world(name, noise)
    first, second = draw(rng, every or int(rng.choice([20_000, 50_000, 100_000])))
    truth = np.full(n, dependent_controls.ideal(name, noise))
    return World(f"dependent, n = {n}, {name} and noise {noise:.2f}", first, second, truth)


def judged(make: Callable[[int, int | None], World], seed: int, every: int | None, short: bool) -> dict[str, Any]:
    """Predict one world's recovery in full."""
    if short:
        short_search()
    world = make(seed, every)
    start = time.process_time()
    found = predict(world.first, world.second, "sigreg", rng=stream(seed, "prediction"))
    truth = float(world.truth.mean())
    row = {
        "world": world.name,
        "n": world.first.shape[1],
        "pairs": len(world.first),
        "truth": rounded(truth),
        "r2": rounded(found.r2),
        "ci95": rounded(found.ci95),
        "refused": found.refused_briefly,
        "seconds": round(time.process_time() - start, 1),
    }
    print(seed, row, flush=True)
    return row


def main() -> None:
    """Draw, predict, count, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--pairs", type=int, help="of every world; else 20,000 to 100,000")
    parser.add_argument(
        "--short", action="store_true", help="half the points and steps of the search: a fifth the time"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, help="folder of rows, so that an interrupted run goes on")
    parser.add_argument("--dependent", type=int, default=40, help="worlds of dependent controls beside them")
    given = parser.parse_args()
    settings = f"{given.pairs} pairs, {'short' if given.short else 'whole'} search"
    made: dict[str, tuple[Callable[[int, int | None], World], int]] = {
        **{f"world {seed}, {settings}": (random_world, seed) for seed in range(given.worlds)},
        **{f"dependent world {seed}, {settings}": (dependent_world, seed) for seed in range(given.dependent)},
    }
    wanted = {name: partial(judged, make, seed, given.pairs, given.short) for name, (make, seed) in made.items()}
    every = [row | {"truth": truth_of(row)} for row in kept_rows(given.kept, given.jobs, wanted)]
    rows, dependent = every[: given.worlds], every[given.worlds :]
    summary = counted(rows)
    summary["of proven truth"] = counted([row for row in rows if row["truth"][0] == row["truth"][1]])
    summary["dependent"] = counted(dependent)
    print(summary)
    what = "Coverage of 95 % intervals over random worlds of known answer"
    said = {"worlds": given.worlds, "dependent": given.dependent, "pairs": given.pairs, "short search": given.short}
    document = {"what": what, "settings": said, "machine": described(), "summary": summary}
    write_json(RESULTS / "predictor_coverage.json", document | {"rows": rows, "dependent rows": dependent})
    rewrite()


def truth_of(row: dict[str, Any]) -> tuple[float, float]:
    """Return the range in which the answer is known to lie: a point where it is proven."""
    if not row["world"].startswith("walls") or row["n"] == 1:
        return row["truth"], row["truth"]
    return rounded(TRAINED[row["n"]]), rounded(row["truth"])


def counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Count worlds, answers, refusals, and the intervals that hold the answer, or reach the range that it lies in."""
    known = [row for row in rows if row["ci95"] is not None]
    return {
        "worlds": len(rows),
        "answered": len(known),
        "refused share": rounded(1 - len(known) / len(rows)),
        "covered share": rounded(np.mean([_miss(row) <= RESOLVED for row in known])),
        "worst miss": rounded(max((_miss(row) for row in known), default=0.0)),
    }


def _miss(row: dict[str, Any]) -> float:
    (low, high), (least, most) = row["ci95"], row["truth"]
    return float(max(low - most, least - high, 0.0))


if __name__ == "__main__":
    main()
