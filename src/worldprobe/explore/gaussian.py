"""The Gaussian regimes: N(0, I) over all controls, over a fraction of the range, over one control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from pydantic import Field

from worldprobe.errors import InvalidValue
from worldprobe.explore.ornstein_uhlenbeck import RHO_TEACHES, Clip, Rho, ou_pairs, per_control
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control


@REGIMES.register("gaussian")
class Gaussian(Regime):
    """Broad exploration: every control moves, independently, over its whole range.

    Pairs are z' = rho z + sqrt(1 - rho^2) eta with z, eta ~ N(0, I): the world of Theorem 1 (arXiv 2605.26379), in
    which the best whitened encoder is linear. Marginal N(0, 1); pair correlation rho, exact. With one rho per control,
    a control whose rho^2 exceeds another's rho can push that other control out of the embedding.
    """

    ornstein_uhlenbeck: ClassVar[bool] = True

    rho: Rho | dict[str, Rho] = Field(0.7, description=RHO_TEACHES + " One number, or one per control by name.")
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips over all controls."""
        return ou_pairs(frames, per_control(self.rho, controls), self.clip, rng)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho of every control."""
        return per_control(self.rho, controls)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return N(0, 1)."""
        return "N(0, 1)"


@REGIMES.register("narrow")
class Narrow(Regime):
    """Narrow exploration: Gaussian in every control, but over a fraction of the range.

    Pairs are `scale` times those of `gaussian`. The assumptions of Theorem 1 hold up to that scale, so what is missing
    on the canonical test set is due to extrapolation alone. Marginal N(0, scale^2); pair correlation rho, exact.
    """

    scale: float = Field(0.25, gt=0.0, le=1.0, description="Standard deviation of every control, in (0, 1].")
    rho: Rho = Field(0.7, description=RHO_TEACHES)
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips over all controls and shrink them."""
        pairs = ou_pairs(frames, per_control(self.rho, controls), self.clip, rng)
        return Pairs(pairs.controls * np.float32(self.scale), pairs.index)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho of every control."""
        return per_control(self.rho, controls)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return N(0, scale^2)."""
        return f"N(0, {self.scale:g}^2)"


@REGIMES.register("yaw-only")
class OneAxis(Regime):
    """Restricted exploration: one control turns, the others are held at their centre.

    The moving control is an OU walk, N(0, 1) with pair correlation rho, exact; the others are 0 in every frame and have
    no pair correlation. No encoder can distinguish the held controls by these data; and beyond
    its first dimension a whitened embedding can only be filled with nonlinear functions of the one control that moves.
    """

    control: str = Field("yaw", description="The control that moves; any control of the world.")
    rho: Rho = Field(0.7, description=RHO_TEACHES)
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips on one control, zeros elsewhere."""
        column = self._column(controls)
        walk = ou_pairs(frames, np.array([self.rho]), self.clip, rng)
        held = np.zeros((frames, len(controls)), dtype=np.float32)
        held[:, column] = walk.controls[:, 0]
        return Pairs(held, walk.index)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho for the control that moves and NaN for those that never do."""
        correlation = np.full(len(controls), np.nan)
        correlation[self._column(controls)] = self.rho
        return correlation

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return N(0, 1) for the control that moves."""
        self._column(controls)
        return f"N(0, 1) on {self.control}, 0 on the others"

    def _column(self, controls: Sequence[Control]) -> int:
        names = [spec.name for spec in controls]
        if self.control not in names:
            raise InvalidValue(
                "control",
                self.control,
                f"one of this world's controls ({', '.join(names)})",
                "Set `control` to one.",
            )
        return names.index(self.control)


@REGIMES.register("jumps")
class Jumps(Regime):
    """Interrupted exploration: now and then the world jumps to an independent state.

    With probability `p` the next state is an independent N(0, I) draw, else the OU step of `gaussian`. The marginal
    stays N(0, 1) and the transition stays a mixture of two Gaussian channels, so every Hermite degree k keeps
    correlation (1 - p) rho^k: the pair correlation is (1 - p) rho, exact, but a nonlinear feature now costs less
    alignment, relative to a linear one, than in a Gaussian world of the same pair correlation. With p = 1 it only
    jumps: the members of a pair share nothing, and nothing can be learned from aligning them.
    """

    p: float = Field(0.1, ge=0.0, le=1.0, description="Probability that a step is a jump; at 1 every step is.")
    rho: Rho = Field(0.7, description=RHO_TEACHES + " Between jumps.")
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips whose steps are jumps with probability p."""
        return ou_pairs(frames, per_control(self.rho, controls), self.clip, rng, jump=self.p)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return (1 - p) rho of every control."""
        return (1.0 - self.p) * per_control(self.rho, controls)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return N(0, 1)."""
        return "N(0, 1)"
