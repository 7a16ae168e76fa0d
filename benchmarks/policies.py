"""Logs as policies of different quality make them in an analytic world: states by episode, from rich to poor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

Policy = Callable[[np.random.Generator, int, int], np.ndarray]
"""From a generator, episodes and rows per episode to states (episodes, rows, n)."""


def walk(rng: np.random.Generator, episodes: int, rows: int, rho: tuple[float, ...]) -> np.ndarray:
    """Ornstein-Uhlenbeck walks of N(0, 1), one correlation per state."""
    each = np.array(rho)
    z = np.empty((episodes, rows, len(each)))
    z[:, 0] = rng.standard_normal((episodes, len(each)))
    for row in range(1, rows):
        z[:, row] = each * z[:, row - 1] + np.sqrt(1.0 - each**2) * rng.standard_normal((episodes, len(each)))
    return z


def of_walk(bend: Callable[[np.ndarray], np.ndarray], rho: tuple[float, ...] = (0.8, 0.8)) -> Policy:
    """States that are a function of an Ornstein-Uhlenbeck walk."""
    return lambda rng, episodes, rows: bend(walk(rng, episodes, rows, rho))


def heavy(u: np.ndarray, power: float = 2.2) -> np.ndarray:
    """Tails heavier than an exponential's, of unit variance."""
    z = np.sign(u) * np.abs(u) ** power
    return z / z.std()


def mixed(u: np.ndarray, correlation: float = 0.9) -> np.ndarray:
    """Two states that go together, of unit variance."""
    return np.stack([u[..., 0], correlation * u[..., 0] + np.sqrt(1.0 - correlation**2) * u[..., 1]], axis=-1)


def held(rng: np.random.Generator, episodes: int, rows: int) -> np.ndarray:
    """Two rows of three repeat the row before: a teleoperator who pauses."""
    z = walk(rng, episodes, rows, (0.6, 0.6))
    return np.repeat(z[:, : rows // 3 + 1], 3, axis=1)[:, :rows]


def circling(rng: np.random.Generator, episodes: int, rows: int) -> np.ndarray:
    """A limit cycle with a little noise: both states follow from one phase."""
    start, steps = rng.uniform(0, 2 * np.pi, (episodes, 1)), rng.normal(0.3, 0.2, (episodes, rows))
    phase = start + np.cumsum(steps, axis=1)
    radius = 1.4 + 0.15 * rng.standard_normal((episodes, rows))
    return np.stack([radius * np.cos(phase), radius * np.sin(phase)], axis=-1)


def reaching(rng: np.random.Generator, episodes: int, rows: int) -> np.ndarray:
    """Goals one after the other: straight there, then waiting until the next is drawn."""
    z, goal = np.empty((episodes, rows, 2)), rng.standard_normal((episodes, 2))
    z[:, 0] = rng.standard_normal((episodes, 2))
    for row in range(1, rows):
        goal = np.where(rng.random((episodes, 1)) < 0.08, rng.choice([-1.3, 0.0, 1.3], (episodes, 2)), goal)
        z[:, row] = z[:, row - 1] + 0.35 * (goal - z[:, row - 1]) + 0.03 * rng.standard_normal((episodes, 2))
    return z


@dataclass(frozen=True)
class Collected:
    """A policy, and how much of it is recorded."""

    policy: Policy
    episodes: int = 200
    rows: int = 100


def two_peaks(u: np.ndarray) -> np.ndarray:
    """Most of the time at one of two ends."""
    return np.tanh(3.0 * u) + 0.1 * u


def one_still(rng: np.random.Generator, episodes: int, rows: int) -> np.ndarray:
    """The second state never moves."""
    z = walk(rng, episodes, rows, (0.8, 0.8))
    z[..., 1] = 0.3
    return z


GAUSSIAN = Collected(of_walk(lambda u: u))

RICH_TO_POOR: dict[str, Collected] = {
    "gaussian walk": GAUSSIAN,
    "pausing": Collected(held),
    "uniform": Collected(of_walk(lambda u: (ndtr(u) - 0.5) * np.sqrt(12.0))),
    "reaching goals": Collected(reaching),
    "rather heavy tails": Collected(of_walk(lambda u: heavy(u, 1.7))),
    "heavy tails": Collected(of_walk(heavy)),
    "circling": Collected(circling),
    "few episodes": Collected(GAUSSIAN.policy, 10, 60),
    "very heavy tails": Collected(of_walk(lambda u: heavy(u, 3.0))),
    "one state still": Collected(one_still),
    "one slow, one fast": Collected(of_walk(lambda u: u, (0.97, 0.4))),
    "three short episodes": Collected(GAUSSIAN.policy, 3, 50),
}

PLANTED: dict[str, tuple[str, Collected, Collected]] = {
    "heavy tails": ("marginals", RICH_TO_POOR["heavy tails"], GAUSSIAN),
    "very heavy tails": ("marginals", RICH_TO_POOR["very heavy tails"], GAUSSIAN),
    "two peaks": ("marginals", Collected(of_walk(two_peaks)), GAUSSIAN),
    "one slow, one fast": (
        "unequal correlations",
        RICH_TO_POOR["one slow, one fast"],
        Collected(of_walk(lambda u: u, (0.685, 0.685))),
    ),
    "slow and very fast": (
        "unequal correlations",
        Collected(of_walk(lambda u: u, (0.95, 0.3))),
        Collected(of_walk(lambda u: u, (0.625, 0.625))),
    ),
    "few episodes": ("few draws", Collected(GAUSSIAN.policy, 5, 80), GAUSSIAN),
    "three short episodes": ("few draws", RICH_TO_POOR["three short episodes"], GAUSSIAN),
    "one state still": ("states that never move", RICH_TO_POOR["one state still"], GAUSSIAN),
}
"""By name: the fault, a log that has it, and the same policy without it."""
