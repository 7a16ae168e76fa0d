"""The generalised normal regime: controls with heavier or lighter tails than a Gaussian."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, sqrt
from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.explore.ornstein_uhlenbeck import RHO_TEACHES, Rho, blocks, clip_index
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control


@REGIMES.register("generalised-normal")
class GeneralisedNormal(Regime):
    """A world that is not Gaussian: heavier tails (alpha < 2) or flatter ones (alpha > 2); Gaussian at alpha = 2.

    s and eta are independent with density proportional to exp(-|x / b|^alpha), b^2 = Gamma(1/alpha) / Gamma(3/alpha),
    so that the variance is 1; alpha = 1 is the Laplace law, alpha -> infinity the uniform one. Independent pairs, two
    ways:

    `pairing = "successor"`: z = s and z' = rho z + sqrt(1 - rho^2) eta. z' has unit variance but *not* the law of z
    unless alpha = 2: its excess kurtosis is rho^4 + (1 - rho^2)^2 times that of z, so the world is not stationary.
    `pairing = "siblings"`: z and z' are both sqrt(rho) s + sqrt(1 - rho) eta, with an eta each. They share one law
    (excess kurtosis rho^2 + (1 - rho)^2 times that of s), so the pair is stationary; this is how the sweep over alpha
    of arXiv 2605.26379 pairs its views.

    Variance 1; pair correlation rho, exact, for both.
    """

    alpha: float = Field(1.0, ge=0.125, le=64.0, description="Shape: 1 Laplace, 2 Gaussian, large nearly uniform.")
    rho: Rho = Field(0.7, description=RHO_TEACHES)
    pairing: Literal["successor", "siblings"] = Field(
        "successor", description="successor: z' follows from z. siblings: both follow from a common source (rho >= 0)."
    )

    @model_validator(mode="after")
    def _siblings_share_a_source(self) -> GeneralisedNormal:
        if self.pairing == "siblings" and self.rho < 0.0:
            allowed = "siblings of a common source have rho >= 0; use pairing = successor"
            raise ImpossibleSetting("rho", self.rho, allowed)
        return self

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw independent pairs of this family."""
        shape = (blocks(frames, 2, len(controls)), len(controls))
        source, first, second = (generalised_normal(self.alpha, shape, rng) for _ in range(3))
        if self.pairing == "siblings":
            shared, own = sqrt(self.rho), sqrt(1.0 - self.rho)
            z = np.stack([shared * source + own * first, shared * source + own * second], axis=1)
        else:
            z = np.stack([source, self.rho * source + sqrt(1.0 - self.rho**2) * second], axis=1)
        return Pairs(z.reshape(-1, shape[1])[:frames].astype(np.float32), clip_index(frames, 2))

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho of every control."""
        return np.full(len(controls), self.rho)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return the distributions of z and z'."""
        if self.alpha == 2.0:
            return "N(0, 1)"
        family = f"generalised normal, shape {self.alpha:g}, variance 1"
        if self.pairing == "siblings":
            return f"sqrt({self.rho:g}) s + sqrt({1 - self.rho:g}) e, with s and e {family}"
        return f"z {family}; z' {self.rho:g} z + {sqrt(1 - self.rho**2):.4g} e, with e of the same law as z"


def generalised_normal(alpha: float, shape: tuple[int, ...], rng: np.random.Generator) -> Float[np.ndarray, "..."]:
    """Draw generalised normal values of unit variance: b times a signed Gamma(1/alpha) variate to the power 1/alpha."""
    b = exp(0.5 * (lgamma(1.0 / alpha) - lgamma(3.0 / alpha)))
    signs = 2.0 * rng.integers(0, 2, shape) - 1.0
    return b * signs * rng.standard_gamma(1.0 / alpha, shape) ** (1.0 / alpha)


def excess_kurtosis(alpha: float) -> float:
    """Return the exact excess kurtosis of the generalised normal law, Gamma(5/a) Gamma(1/a) / Gamma(3/a)^2 - 3."""
    return exp(lgamma(5.0 / alpha) + lgamma(1.0 / alpha) - 2.0 * lgamma(3.0 / alpha)) - 3.0
