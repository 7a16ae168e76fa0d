"""Mean and standard deviation that neither overflow nor underflow, for columns in any unit."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

PLAIN = (1e-100, 1e100)
"""Largest absolute values between which squares and fourth powers of double precision are safe as they are."""


def safe_scale(x: Float[np.ndarray, "N n"]) -> Float[np.ndarray, " n"]:
    """Return for every column a power of two to divide by before squares are taken: 1 unless it is extreme."""
    largest = np.maximum(x.max(axis=0), -x.min(axis=0)).astype(np.float64)
    extreme = (largest > 0.0) & ((largest < PLAIN[0]) | (largest > PLAIN[1]))
    # Not the full exponent: 2^1023 would make 1 / scale subnormal.
    return np.where(extreme, np.exp2(np.clip(np.floor(np.log2(np.where(extreme, largest, 1.0))), -1000, 1000)), 1.0)


def mean_and_sd(x: Float[np.ndarray, "N n"]) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the mean and standard deviation of every column in double precision."""
    scale = safe_scale(x)
    scaled = x if (scale == 1.0).all() else x / scale
    return scaled.mean(axis=0, dtype=np.float64) * scale, scaled.std(axis=0, dtype=np.float64) * scale


def standardised(x: Float[np.ndarray, "N n"], least: float = 0.0) -> Float[np.ndarray, "N n"]:
    """Return every column less its mean, over its standard deviation; 0 where that is `least` or less."""
    mean, sd = mean_and_sd(x)
    moves = sd > least
    return np.where(moves, (x - mean) / np.where(moves, sd, 1.0), 0.0)
