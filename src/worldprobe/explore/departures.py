"""Regimes that leave the Gaussian world in one respect: a centre that drifts, noise by state, correlated controls."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from jaxtyping import Float
from pydantic import Field

from worldprobe.explore.ornstein_uhlenbeck import RHO_TEACHES, Clip, Rho, blocks, clip_index, ou_pairs
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control

STEEPNESS = 2.0
"""Of the change of the noise with the state."""


@REGIMES.register("drift")
class Drift(Regime):
    """Exploration that is not stationary: the centre of every control moves while the data are collected.

    The OU clips of `gaussian` are added to a centre that moves through the recording, `amount * sqrt(2) cos(k pi t)`
    for control k = 1, 2 ... with t from 0 to 1, and the sum is divided by sqrt(1 + amount^2). A pair shares its centre,
    so the centre is the slowest function of the state, and the marginal is not Gaussian. Variance 1; pair correlation
    (rho + amount^2) / (1 + amount^2), exact, over the whole recording.
    """

    amount: float = Field(1.0, ge=0.0, le=10.0, description="Standard deviation of the centre, in those of the walk.")
    rho: Rho = Field(0.7, description=RHO_TEACHES + " Of the walk about its centre.")
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips and move them with the centre."""
        n = len(controls)
        walk = ou_pairs(frames, np.full(n, self.rho), self.clip, rng)
        clips = blocks(frames, self.clip, n)
        time = (np.arange(frames) // self.clip + 0.5) / clips
        centre = self.amount * sqrt(2.0) * np.cos(np.pi * time[:, None] * np.arange(1, n + 1))
        moved = (walk.controls + centre) / sqrt(1.0 + self.amount**2)
        return Pairs(moved.astype(np.float32), walk.index)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return (rho + amount^2) / (1 + amount^2) for every control."""
        return np.full(len(controls), (self.rho + self.amount**2) / (1.0 + self.amount**2))


@REGIMES.register("state-noise")
class StateNoise(Regime):
    """Exploration whose noise depends on the state: controls move fast on one side of the world, slowly on the other.

    z ~ N(0, I) and z' = rho z + sqrt(1 - rho^2) g(z) eta for each control by itself, with
    g(z)^2 = 1 + amount tanh(2 z). Independent pairs. Mean 0, variance 1 and pair correlation rho are exact for both
    members; z' is skewed, and the conditional law of z' is Gaussian with a variance that z decides.
    """

    amount: float = Field(0.9, ge=0.0, le=1.0, description="How much the noise's variance changes across the range.")
    rho: Rho = Field(0.7, description=RHO_TEACHES)

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw independent pairs."""
        n = len(controls)
        first, noise = (rng.standard_normal((blocks(frames, 2, n), n)) for _ in range(2))
        scale = np.sqrt((1.0 - self.rho**2) * (1.0 + self.amount * np.tanh(STEEPNESS * first)))
        z = np.stack([first, self.rho * first + scale * noise], axis=1).reshape(-1, n)
        return Pairs(z[:frames].astype(np.float32), clip_index(frames, 2))

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho of every control."""
        return np.full(len(controls), self.rho)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return the distributions of z and z'."""
        return "z N(0, 1); z' of mean 0 and variance 1, skewed"


@REGIMES.register("correlated")
class Correlated(Regime):
    """Controls that move together: Gaussian, and every two of them correlated.

    OU clips whose stationary covariance is 1 on the diagonal and `correlation` elsewhere: a linear mixture of the walks
    of `gaussian`, so the best whitened encoder stays linear. What is hard is to see what changed by itself. Marginal
    N(0, 1) for each control; pair correlation rho, exact.
    """

    correlation: float = Field(0.7, ge=0.0, lt=1.0, description="Between any two controls of one frame, in [0, 1).")
    rho: Rho = Field(0.7, description=RHO_TEACHES)
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips and add to each of them what all have in common."""
        n = len(controls)
        walk = ou_pairs(frames, np.full(n + 1, self.rho), self.clip, rng)
        own, common = walk.controls[:, :n], walk.controls[:, n:]
        z = sqrt(1.0 - self.correlation) * own + sqrt(self.correlation) * common
        return Pairs(z.astype(np.float32), walk.index)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho of every control."""
        return np.full(len(controls), self.rho)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return N(0, 1)."""
        return "N(0, 1)"
