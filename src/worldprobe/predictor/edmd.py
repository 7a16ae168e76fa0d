"""Eigenfunctions of the transition operator (T f)(z) = E[f(z') | z], by Galerkin's method on pairs.

The variational approach to conformation dynamics (VAC; Noe & Nuske 2013), also known as extended dynamic mode
decomposition (EDMD; Williams, Kevrekidis & Rowley 2015), time-lagged independent component analysis in a nonlinear
basis, and slow feature analysis (Wiskott & Sejnowski 2002).

The loss is symmetric in the two members of a pair, so it sees the pairs and their mirror images alike: T is the
operator of that symmetrised distribution, self-adjoint on L^2 of the pooled marginal, whether or not the pairs are
stationary. With C_0 = Cov(phi) over both members and C_1 = (E phi phi'^T + E phi' phi^T) / 2 - E phi E phi^T, its
eigenfunctions in the span of phi solve C_1 v = lambda C_0 v; lambda is the pair correlation of the feature v . phi.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.predictor.basis import Curves, ProductBasis, cardinal_splines, slowest_products
from worldprobe.predictor.moments import Covariances, Moments
from worldprobe.stats.r2 import r2_from_explained
from worldprobe.stats.whitening import whitening_axes

CONSTANT = 1e-14
"""A function with a smaller share of the largest variance is constant up to rounding."""


@dataclass(frozen=True)
class Eigenfunctions:
    """The features phi @ weights: uncorrelated, of variance 1, in the order of their pair correlations."""

    correlations: Float[np.ndarray, " features"]
    weights: Float[np.ndarray, "M features"]


def eigenfunctions(found: Covariances) -> Eigenfunctions:
    """Solve C_1 v = lambda C_0 v in the directions in which C_0 is not zero; largest lambda first."""
    own = np.diag(found.gram)
    # A function that is constant at the pairs gets no weight: its variance is rounding, and 1 / 0 would be its scale.
    scale = np.sqrt(np.where(own > CONSTANT * own.max(), own, np.inf))
    white = whitening_axes(found.gram / np.outer(scale, scale)) / scale[:, None]
    correlations, rotation = np.linalg.eigh(white.T @ found.lagged @ white)
    return Eigenfunctions(correlations[::-1], white @ rotation[:, ::-1])


def linear_r2(found: Covariances, features: Float[np.ndarray, "M d"]) -> Float[np.ndarray, " n"]:
    """Return R^2 of every control read linearly off phi @ features, which are uncorrelated and of variance 1.

    A control that never moves has R^2 = 0.
    """
    explained = ((features.T @ found.read) ** 2).sum(axis=0)
    return r2_from_explained(explained, found.variance)


def noise_correlation(found: Moments, white: Float[np.ndarray, "M k"], rng: np.random.Generator) -> float:
    """Return the largest pair correlation that sampling error alone gives to a combination of the features phi @ white.

    A wild bootstrap: every block's deviation from the mean gets a random sign, which removes the signal and keeps the
    noise, correlation within blocks included. The largest of twenty draws.
    """
    lagged = white.T @ found.lagged @ white
    share = found.count / found.count.sum()
    deviations = lagged - np.tensordot(share, lagged, 1)
    signs = rng.choice([-1.0, 1.0], size=(20, len(share)))
    noise = np.tensordot(signs * share, deviations, 1)
    return float(np.linalg.eigvalsh(noise)[:, -1].max())


def adapted_basis(
    joints: Sequence[Float[np.ndarray, "cells cells"]], centres: Float[np.ndarray, " cells"], reach: float, at_most: int
) -> ProductBasis:
    """Return products of every single control's own eigenfunctions, at most so many, from its joint distribution.

    For independent controls these products *are* the eigenfunctions; for dependent ones they are a basis in which few
    are needed.
    """
    splines = cardinal_splines(reach)
    table = splines(centres)
    curves, correlations = [], []
    for joint in joints:
        share = joint.sum(axis=0)
        mean = share @ table
        own = eigenfunctions(
            Covariances(
                gram=(table.T * share) @ table - np.outer(mean, mean),
                lagged=table.T @ joint @ table - np.outer(mean, mean),
                read=np.zeros((len(mean), 0)),
                variance=np.zeros(0),
            )
        )
        curves.append(Curves(splines.knots, splines.values @ own.weights - mean @ own.weights))
        correlations.append(own.correlations)
    return ProductBasis(tuple(curves), slowest_products(correlations, at_most))
