"""The pairs of a study's exploration, and how far the controls that move are correlated within them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from worldprobe.explore import Pairs
from worldprobe.explore.visit_statistics import measure
from worldprobe.sources import Source

FRESH_FRAMES = 50_000
"""Frames whose controls are looked at where a study draws its pairs afresh."""


def explored_pairs(source: Source, frames: int | None, seed: int) -> Pairs:
    """Return the pairs of a source that are trained on; of 50,000 frames where those are drawn afresh."""
    return source.sample("train", frames or FRESH_FRAMES, seed).pairs


def moving_correlations(source: Source, pairs: Callable[[], Pairs]) -> Float[np.ndarray, " moving"]:
    """Return the pair correlations of the controls that move: exact where known, else measured on the pairs."""
    rho = source.exact_correlation()
    if rho is None:
        rho = measure(pairs()).pair_correlation
    return rho[~np.isnan(rho)]
