"""ZCA whitening: the symmetric inverse root of a covariance, with one floor for directions that do not move."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

FLOOR = 1e-7
"""Directions with a smaller share of the largest variance (3e-4 of its standard deviation) count as not moving.

Below it lies what single precision and a thousand-fold range of scales leave of a direction that is exactly constant.
"""


def spectrum_of(
    covariance: Float[np.ndarray, "n n"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n n"], Bool[np.ndarray, " n"]]:
    """Return the variances along the principal axes (rising), the axes as columns, and which of them move."""
    variance, axes = np.linalg.eigh(covariance)
    largest = max(float(variance[-1]), float(np.finfo(np.float64).tiny))
    return variance, axes, variance > FLOOR * largest


def whitening_axes(covariance: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n rank"]:
    """Return W with W^T C W = I along the principal axes that move: columns are axes over their standard deviations."""
    variance, axes, moves = spectrum_of(covariance)
    return axes[:, moves] / np.sqrt(variance[moves])


def inverse_root(covariance: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return C^(-1/2), symmetric: of all whitening maps the one that moves points least (Kessy et al. 2018).

    Directions that do not move are mapped to 0.
    """
    variance, axes, moves = spectrum_of(covariance)
    scale = np.where(moves, np.sqrt(np.where(moves, variance, 1.0)), np.inf)
    root: np.ndarray = (axes / scale) @ axes.T
    return root


def whitened(x: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N n"]:
    """Return x with zero mean and identity covariance, changed as little as possible, so that columns keep their names.

    Directions that do not move become 0.
    """
    centred = x - x.mean(axis=0)
    white: np.ndarray = centred @ inverse_root(centred.T @ centred / len(x))
    return white
