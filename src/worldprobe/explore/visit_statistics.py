"""Marginal and pair statistics of the controls that a regime visited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.explore.regime import Pairs
from worldprobe.stats.correlation import column_correlation


@dataclass(frozen=True)
class Measured:
    """Statistics per control, in order, over all frames; NaN where a control never moves and has none."""

    mean: Float[np.ndarray, " n"]
    sd: Float[np.ndarray, " n"]
    excess_kurtosis: Float[np.ndarray, " n"]
    """Fourth moment over the squared variance, minus 3: 0 for a Gaussian, positive for heavier tails."""
    pair_correlation: Float[np.ndarray, " n"]
    """Pearson's correlation between z and z'."""
    correlation: Float[np.ndarray, "n n"]
    """Pearson's correlation between controls within a frame: the identity for an isotropic Gaussian world."""


def measure(pairs: Pairs) -> Measured:
    """Return the measured statistics of a regime's draw, in float64."""
    z = pairs.controls.astype(np.float64)
    centred = z - z.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    moves = np.ptp(z, axis=0) > 0.0
    kurtosis = _ratio((centred**4).mean(axis=0), variance**2, moves) - 3.0
    scale = np.sqrt(np.outer(variance, variance))
    return Measured(
        mean=z.mean(axis=0),
        sd=np.sqrt(variance),
        excess_kurtosis=kurtosis,
        pair_correlation=column_correlation(z[pairs.index[:, 0]], z[pairs.index[:, 1]])
        if len(pairs.index)
        else np.full(z.shape[1], np.nan),
        correlation=_ratio(centred.T @ centred / len(z), scale, np.outer(moves, moves)),
    )


def named(values: Float[np.ndarray, " n"], names: list[str]) -> dict[str, float | None]:
    """Return statistics by control name, None for NaN, as `results.json` holds them."""
    return {name: None if np.isnan(value) else float(value) for name, value in zip(names, values, strict=True)}


def _ratio(top: np.ndarray, bottom: np.ndarray, where: np.ndarray) -> Float[np.ndarray, "..."]:
    return np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=where)
