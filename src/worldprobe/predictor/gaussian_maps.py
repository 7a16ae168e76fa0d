"""Measure-preserving maps: from Gaussian coordinates onto N(0, I_d), embeddings that attain SIGReg's minimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

from worldprobe.predictor.basis import ProductBasis
from worldprobe.predictor.rbig import GaussianisationMap, IterativeGaussianisation, distance_to_gaussian
from worldprobe.stats.whitening import inverse_root, whitening_axes

GaussianMap = Callable[[Float[np.ndarray, "N n"]], Float[np.ndarray, "N d"]]
"""From Gaussian coordinates to an embedding."""

ROUNDS = 24
"""GaussianisationMap that take a distribution to N(0, I); between two steps of a search a quarter of them does."""

NEARLY_GAUSSIAN = 2e-3
"""Mean squared Wasserstein distance of projections below which coordinates count as jointly Gaussian."""


@dataclass(frozen=True)
class Plain:
    """Gaussian coordinates, decorrelated, made jointly Gaussian where they are not yet, and rotated."""

    mean: Float[np.ndarray, " n"]
    white: Float[np.ndarray, "n rank"]
    rounds: GaussianisationMap | None
    turned: Float[np.ndarray, "rank d"]

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the embedding."""
        x = (u - self.mean) @ self.white
        return (x if self.rounds is None else self.rounds(x)) @ self.turned


def fit_plain(
    first: Float[np.ndarray, "N n"], second: Float[np.ndarray, "N n"], d: int, rng: np.random.Generator
) -> Plain:
    """Fit the plain map on pairs of Gaussian coordinates; of more than d directions, the most correlated ones stay.

    Where the coordinates are jointly Gaussian already the map is linear in them.
    """
    count = len(first)
    u = np.concatenate([first, second])
    mean = u.mean(axis=0)
    covariance = np.cov(u, rowvar=False).reshape(u.shape[1], -1)
    white = whitening_axes(covariance)
    if white.shape[1] == u.shape[1]:
        white = inverse_root(covariance)
    x, rounds = (u - mean) @ white, None
    if distance_to_gaussian(x, rng) > NEARLY_GAUSSIAN:
        rounds, x = IterativeGaussianisation.of(x.shape[1], rng).gaussianise(x, ROUNDS)
    lagged = x[:count].T @ x[count:] / count
    turned = np.linalg.eigh(lagged + lagged.T)[1][:, ::-1][:, :d]
    return Plain(mean, white, rounds, turned)


@dataclass(frozen=True)
class Settled:
    """A map, followed by rounds that make it Gaussian at points other than those that it was fitted to."""

    map: GaussianMap
    rounds: GaussianisationMap

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the embedding."""
        return self.rounds(self.map(u))


@dataclass(frozen=True)
class Features:
    """T's eigenfunctions in a basis, and their pair correlations: (basis(u) - mean) @ weights."""

    basis: ProductBasis
    mean: Float[np.ndarray, " M"]
    weights: Float[np.ndarray, "M features"]
    correlations: Float[np.ndarray, " features"]

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N features"]:
        """Return every eigenfunction at every point."""
        return (self.basis(u) - self.mean) @ self.weights


@dataclass(frozen=True)
class Mixed:
    """Combinations of eigenfunctions, plus a share of the plain map."""

    features: Features
    weights: Float[np.ndarray, "features d"]
    plain: Plain
    share: float

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the start, not yet Gaussian."""
        return self.features(u) @ self.weights + self.share * self.plain(u)


@dataclass(frozen=True)
class FoldedMap:
    """The plain map with its first feature folded at 0, whose sign the last one takes over: still N(0, I_d).

    |h_1| and sign(h_1) are independent, and so are |h_d| and its sign: Phi^-1(2 Phi(|h_1|) - 1) and sign(h_1) |h_d| are
    independent N(0, 1). With d = 1 the sign is dropped.
    """

    plain: Plain

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the folded map."""
        h = self.plain(u)
        folded = h.copy()
        folded[:, 0] = ndtri((2.0 * ndtr(np.abs(h[:, 0])) - 1.0).clip(1e-12, 1.0 - 1e-12))
        if h.shape[1] > 1:
            folded[:, -1] = np.where(h[:, 0] < 0.0, -1.0, 1.0) * np.abs(h[:, -1])
        return folded
