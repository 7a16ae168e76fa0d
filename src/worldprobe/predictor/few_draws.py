"""What few pairs cost: an encoder that is fitted to a log is not fitted to where the log comes from.

Two effects. Few pairs are memorised: what their frames share, rho, is found against the noise of a step, so the error
of a learned feature falls as 1 / (rho^2 pairs), and below some hundred pairs per state the sample decides. And few
independent draws show a bumpy version of the distribution, which the embedding makes Gaussian instead: an error of
order 1 / draws. Constants calibrated with small encoders (four layers of 128) trained on Ornstein-Uhlenbeck logs of two
states, 150 to 20,000 rows (python benchmarks/few_draws.py). Encoders of images need several times as many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MEMORISED, STEEP = 84.0, 3
"""rho^2 times the pairs per state at which half of R^2 is lost, and how steeply."""

BUMPY = 1.0
"""R^2 lost is this times states / draws, to first order."""


@dataclass(frozen=True)
class SampleSize:
    """How much a log holds: its pairs, the independent draws they are worth, its states, their pair correlation."""

    pairs: float
    draws: float
    states: int
    rho: float

    @property
    def enough(self) -> float:
        """The pairs per state, weighted by rho^2, over those at which half of R^2 is lost."""
        return self.rho**2 * self.pairs / (MEMORISED * max(self.states, 1))

    @property
    def kept(self) -> float:
        """The share of the ideal R^2 that a fit to the log keeps, from 0 to 1."""
        n = max(self.states, 1)
        memorised = MEMORISED * n / (max(self.rho, 0.1) ** 2 * max(self.pairs, 1.0))
        return 1.0 / (1.0 + memorised**STEEP + BUMPY * n / max(self.draws, 1.0))

    def times(self, factor: float) -> SampleSize:
        """Return the size of a log that is so many times as long."""
        return replace(self, pairs=self.pairs * factor, draws=self.draws * factor)

    def growth_to(self, share: float) -> float:
        """Return by what factor the log has to grow to keep this share; 1 where it does."""
        if self.kept >= share:
            return 1.0
        low, high = 1.0, 1e9
        while high / low > 1.001:
            middle = (low * high) ** 0.5
            low, high = (middle, high) if self.times(middle).kept < share else (low, middle)
        return high
