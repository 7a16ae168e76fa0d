"""Pairs with one fault taken away: Gaussian marginals, equal pair correlations, independent states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri

from worldprobe.predictor.approximate_prediction import LUMP
from worldprobe.predictor.gaussian_coordinates import Marginals, fit_marginals
from worldprobe.stats.mid_ranks import mid_ranks
from worldprobe.stats.whitening import spectrum_of


@dataclass(frozen=True)
class StatePairs:
    """Both members of pairs of states, in the order of the log."""

    first: Float[np.ndarray, "pairs n"]
    second: Float[np.ndarray, "pairs n"]

    def chosen(self, rows: slice) -> StatePairs:
        """Return some of the pairs."""
        return StatePairs(self.first[rows], self.second[rows])


Mend = Callable[[StatePairs, np.random.Generator], StatePairs]


def gaussian_marginals(pairs: StatePairs, rng: np.random.Generator) -> StatePairs:
    """Return every state as a Gaussian of the same ranks; equal values get ranks of their own, drawn at random.

    Within an atom the random part of a rank is kept from one member of a pair to the other as the state itself is.
    """
    count = len(pairs.first)
    both = np.concatenate([pairs.first, pairs.second])
    marginals = fit_marginals(both)
    u = np.zeros_like(both)
    u[:, marginals.moving] = marginals(both)
    for place, own in zip(np.flatnonzero(marginals.moving), marginals.maps, strict=True):
        if own.atom > LUMP:
            u[:, place] = _without_atoms(both[:, place], count, rng)
    return StatePairs(u[:count], u[count:])


def _without_atoms(
    values: Float[np.ndarray, " both"], count: int, rng: np.random.Generator
) -> Float[np.ndarray, " both"]:
    ranks = mid_ranks(values)
    moves = np.ptp(ranks[:count]) > 0 and np.ptp(ranks[count:]) > 0
    rho = float(np.clip(np.corrcoef(ranks[:count], ranks[count:])[0, 1], 0.0, 0.999)) if moves else 0.0
    one = rng.standard_normal(count)
    two = rho * one + np.sqrt(1.0 - rho**2) * rng.standard_normal(count)
    hidden = np.concatenate([one, two])
    order = np.lexsort((hidden, values))
    found = np.empty(len(values))
    found[order] = ndtri((np.arange(len(values)) + 0.5) / len(values))
    return found


def equal_correlations(pairs: StatePairs, rng: np.random.Generator) -> StatePairs:
    """Return pairs whose independent directions all have the median pair correlation; first members are kept.

    Along each direction of the decorrelated Gaussian coordinates the step's noise is scaled and the return to the
    middle set to match: z' = rho z + sqrt((1 - rho^2) / (1 - r^2)) (z' - r z).
    """
    marginals = fit_marginals(np.concatenate([pairs.first, pairs.second]))
    one, two = marginals(pairs.first), marginals(pairs.second)
    both = np.concatenate([one, two])
    mean = both.mean(axis=0)
    variance, axes, moves = spectrum_of(np.cov(both, rowvar=False).reshape(both.shape[1], -1))
    axes, scale = axes[:, moves], np.sqrt(variance[moves])
    x, y = (one - mean) @ axes / scale, (two - mean) @ axes / scale
    lagged = x.T @ y / len(x)
    turn = np.linalg.eigh(lagged + lagged.T)[1]
    x, y = x @ turn, y @ turn
    r = np.clip((x * y).mean(axis=0) / np.sqrt((x**2).mean(axis=0) * (y**2).mean(axis=0)), -0.999999, 0.999999)
    rho = float(np.clip(np.median(r), 0.0, 0.999))
    y = rho * x + np.sqrt((1.0 - rho**2) / (1.0 - r**2)) * (y - r * x)
    back = (y @ turn.T * scale) @ axes.T + mean
    second = pairs.second.copy()
    second[:, marginals.moving] = _inverse(marginals, back)
    return StatePairs(pairs.first, second)


def _inverse(marginals: Marginals, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N n"]:
    return np.stack([np.interp(column, own.u, own.z) for column, own in zip(u.T, marginals.maps, strict=True)], axis=1)


def independent_states(pairs: StatePairs, rng: np.random.Generator) -> StatePairs:
    """Return pairs in which each state comes from other pairs than the others: own marginals and correlations kept."""
    first, second = np.empty_like(pairs.first), np.empty_like(pairs.second)
    for place in range(first.shape[1]):
        rows = rng.permutation(len(first)) if place else np.arange(len(first))
        first[:, place], second[:, place] = pairs.first[rows, place], pairs.second[rows, place]
    return StatePairs(first, second)
