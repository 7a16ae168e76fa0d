"""The regime of an arm whose joints bounce off their stops: a reflected walk, whose statistics are exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float
from pydantic import Field
from scipy.optimize import brentq

from worldprobe.explore.joints import Joints
from worldprobe.explore.ornstein_uhlenbeck import RHO_TEACHES, Clip, blocks, clip_index
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.arm.model import RANGE
from worldprobe.world.world import Control

_ODD = np.arange(1, 400, 2)
_SHARES = 96.0 / np.pi**4 / _ODD**4
"""How the variance of a uniform variable is divided among the reflected walk's eigenfunctions: they sum to 1."""


@REGIMES.register("joint-limits")
class JointLimits(Regime):
    """Exploration limited by stops: every joint follows a random walk that is reflected at both of its stops.

    A step adds Gaussian noise to the angle, folded back at the stops. Marginal U(-reach, reach) and pair correlation
    rho are exact, with the step's size solved from rho. The walk's eigenfunctions are sines and cosines, with the
    correlation q^(k^2) in the k-th; the first, sin(pi z / 2 reach), is the best whitened encoder of one joint, and a
    linear probe reads 96 / pi^4 = 98.6 % of the joint's variance from it. It is nearly linear only in the middle.

    For worlds whose controls are an arm's joints. Where the world squashes them, nothing is exact.
    """

    rho: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(0.7, description=RHO_TEACHES + " Here in (0, 1).")
    reach: float = Field(RANGE, gt=0.0, le=3.1, description="Radians to either side at which every joint is stopped.")
    clip: Clip = 2

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw clips of the stationary walk on every joint."""
        joints = Joints("joint-limits", controls)
        count = blocks(frames, self.clip, joints.count)
        step = self.reach * _step(self.rho)
        angles = np.empty((count, self.clip, joints.count))
        angles[:, 0] = rng.uniform(-self.reach, self.reach, (count, joints.count))
        for t in range(1, self.clip):
            angles[:, t] = self._fold(angles[:, t - 1] + step * rng.standard_normal((count, joints.count)))
        values = joints.control_values(angles.reshape(-1, joints.count)[:frames])
        return Pairs(values, clip_index(frames, self.clip))

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"] | None:
        """Return rho of every control, or None where the world squashes angles."""
        joints = Joints("joint-limits", controls)
        return np.full(joints.count, self.rho) if joints.wrap else None

    def exact_marginal(self, controls: Sequence[Control]) -> str | None:
        """Return U(-reach, reach), or None where the world squashes angles."""
        return f"U(-{self.reach:.4g}, {self.reach:.4g})" if Joints("joint-limits", controls).wrap else None

    def _fold(self, angles: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return angles reflected at the stops as often as it takes."""
        return np.abs((angles - self.reach) % (4.0 * self.reach) - 2.0 * self.reach) - self.reach


def _correlation(step: float) -> float:
    """Return the pair correlation of the walk on [-1, 1] whose steps have this standard deviation."""
    return float(_SHARES @ np.exp(-((np.pi * _ODD * step) ** 2) / 8.0))


def _step(rho: float) -> float:
    """Return the step's standard deviation, in units of the reach, that gives the pair correlation rho."""
    return float(brentq(lambda step: _correlation(step) - rho, 0.0, 10.0, xtol=1e-12))
