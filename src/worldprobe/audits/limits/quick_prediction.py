"""A prediction in a tenth of a second, for comparing a log with itself less one fault."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.audits.limits.mended_pairs import StatePairs
from worldprobe.predictor.approximate_prediction import Reading, read
from worldprobe.predictor.decorrelation import Decorrelated
from worldprobe.predictor.few_draws import SampleSize
from worldprobe.predictor.gaussian_coordinates import fit_marginals
from worldprobe.stats.jackknife import PairSample


@dataclass(frozen=True)
class QuickPrediction:
    """R^2 per state of the ideal encoder, and of one that is fitted to this log."""

    ideal: Float[np.ndarray, " n"]
    size: SampleSize
    separation: float
    """The smallest margin of a linear feature over a nonlinear one, in standard errors."""

    @property
    def r2(self) -> Float[np.ndarray, " n"]:
        """R^2 per state, with what few draws cost."""
        return self.ideal * self.size.kept


def quick(
    pairs: StatePairs, cut: Decorrelated, rng: np.random.Generator, size: SampleSize | None = None
) -> QuickPrediction:
    """Predict from pairs that amount to `cut.draws` draws; `size` gives the size of the log where this is a part."""
    n = pairs.first.shape[1]
    z = PairSample(pairs.first, pairs.second, np.array([0, len(pairs.first)]), 1)
    found: Reading = read(z, fit_marginals(z.pooled), n, cut, rng)
    # Directions, not states: copies of one state are one thing to learn.
    directions = len(found.rivals.correlations)
    own = size or SampleSize(len(pairs.first), cut.draws, directions, float(np.mean(found.rivals.correlations)))
    return QuickPrediction(found.rivals.kept @ found.shares, own, found.rivals.margin)
