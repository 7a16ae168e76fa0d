"""The base class of regimes: distributions over pairs of controls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int

from worldprobe._util.registry import Component, Registry
from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.world.world import Control

REGIMES: Registry[type[Regime]] = Registry("regime", "worldprobe regimes", "worldprobe.explore")


@dataclass(frozen=True)
class Pairs:
    """Frames' controls, which frames form the pairs (z, z'), and what was done between the two where that is known.

    Independent pairs use each frame once; clips and camera shots let neighbouring pairs share frames.
    """

    controls: Float[np.ndarray, "frames n"]
    index: Int[np.ndarray, "pairs 2"]
    actions: Float[np.ndarray, "pairs a"] | None = None
    """The action that led from z to z', for every pair; None where nothing acts."""

    @property
    def first(self) -> Float[np.ndarray, "pairs n"]:
        """z of every pair."""
        return self.controls[self.index[:, 0]]

    @property
    def second(self) -> Float[np.ndarray, "pairs n"]:
        """z' of every pair."""
        return self.controls[self.index[:, 1]]

    @property
    def chains(self) -> Int[np.ndarray, " pairs"]:
        """A label for every pair, the same for neighbours that share a frame: those depend on one another."""
        joined = self.index[1:, 0] <= self.index[:-1, 1]
        return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(~joined)])


class Regime(Component, ABC):
    """A distribution over pairs of controls; its fields (rho, stride, alpha ...) are its settings."""

    registry: ClassVar[Registry[type[Regime]]] = REGIMES
    ornstein_uhlenbeck: ClassVar[bool] = False
    """Whether z' = rho z + sqrt(1 - rho^2) eta with z, eta ~ N(0, I): the world of Theorems 1 and 3."""
    acts: ClassVar[bool] = False
    """Whether its pairs carry actions, which objectives that predict the next embedding need."""

    @abstractmethod
    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw exactly `frames` frames' controls, float32, and their pairs, for a world with these controls.

        Raises InvalidValue where this regime cannot explore this world (yaw-only, where there is no yaw).
        """

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"] | None:
        """Return each control's exact correlation between the members of a pair, or None where it is not known.

        A control that this regime never moves has none: NaN.
        """
        return None

    def exact_prediction_error(self, controls: Sequence[Control]) -> float | None:
        """Return E|h(z') - E[h(z') | z, a]|^2 / d of a whitened linear encoder, or None where it is not known."""
        return None

    def dynamics(self, controls: Sequence[Control]) -> ClosedLoop | None:
        """Return how actions move these controls, and the policy; None where nothing acts or that is not linear."""
        return None

    def exact_marginal(self, controls: Sequence[Control]) -> str | None:
        """Return the exact marginal of the controls in words ("N(0, 1)"), or None where it is not known."""
        return None
