"""What few pairs cost: an encoder that is fitted to a log is not fitted to where the log comes from.

Two effects. Few pairs are memorised: below some hundred pairs per state the sample decides what is learned, and the
less the members of a pair share, the more pairs it takes. And few independent draws show a bumpy version of the
distribution, which the embedding makes Gaussian instead: an error of order 1 / draws. Constants fitted to small
encoders (four layers of 128, SIGReg's weight .05, 3,000 steps) trained on Ornstein-Uhlenbeck logs of two states, pair
correlations of .5 to .95, 145 to 2,000 pairs, to within .07 of R^2 (python benchmarks/few_draws.py). Encoders of images
need several times as many. What slower states cost beyond that (.25 at .98, half at .998, whatever the log's size) is
training that does not end, not the sample: the gate pairs-differ names it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MEMORISED, STEEP, SHARED = 65.0, 3.5, 1.5
"""rho^SHARED times the pairs per state at which half of R^2 is lost, and how steeply."""

LEAST_RHO = 0.1
"""A smaller pair correlation counts as this one."""

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
        """The pairs per state, weighted by rho^1.5, over those at which half of R^2 is lost."""
        return max(self.rho, LEAST_RHO) ** SHARED * max(self.pairs, 1.0) / (MEMORISED * max(self.states, 1))

    @property
    def kept(self) -> float:
        """The share of the ideal R^2 that a fit to the log keeps, from 0 to 1."""
        bumpy = BUMPY * max(self.states, 1) / max(self.draws, 1.0)
        return 1.0 / (1.0 + self.enough**-STEEP + bumpy)

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
