"""Logs for the audit's tests: clean Ornstein-Uhlenbeck ones, and what is planted in them."""

from __future__ import annotations

import numpy as np

from worldprobe.explore import Gaussian, Pairs, Regime
from worldprobe.world import Control


def specs(n: int) -> tuple[Control, ...]:
    """n controls without limits: c0, c1 ..."""
    return tuple(Control(f"c{i}", "m", 1.0, "somewhere") for i in range(n))


def names(n: int) -> list[str]:
    return [spec.name for spec in specs(n)]


def draw(regime: Regime, n: int = 3, frames: int = 12_000, seed: int = 0) -> Pairs:
    return regime.sample(frames, specs(n), np.random.default_rng(seed))


def clean(n: int = 3, frames: int = 12_000, rho: float = 0.7, clip: int = 8, seed: int = 0) -> Pairs:
    return draw(Gaussian(rho=rho, clip=clip), n, frames, seed)


def changed(pairs: Pairs, column: int, values: np.ndarray) -> Pairs:
    """The same log with another column."""
    controls = pairs.controls.copy()
    controls[:, column] = values
    return Pairs(controls, pairs.index)
