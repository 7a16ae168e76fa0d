"""The search for SIGReg's optimum: the measure-preserving map whose features stay most alike in a pair.

Among maps h with h(z) ~ N(0, I_d), maximise S(h) = sum_k <h_k, T h_k>. With T + c >= 0, S + c d is convex in h, so it
lies above its linearisation, and the linear problem, max E[h . G] with G = (T + c) h, is optimal transport: its
solution is Brenier's map applied to G. Iterating

    h <- B(h + step T h),    B the optimal transport of that function's distribution to N(0, I_d)

never lowers S, and whatever maximises S is a fixed point (in one dimension B is the increasing rearrangement). A fixed
point need not be the best one: the search starts from several maps, and keeps the best that it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.predictor.gaussian_maps import ROUNDS, Features, FoldedMap, GaussianMap, Mixed, Plain
from worldprobe.predictor.rbig import GaussianisationMap, IterativeGaussianisation
from worldprobe.stats.whitening import inverse_root

STEPS = 30
STEP = 3.0


@dataclass(frozen=True)
class Ascended:
    """The whole way of a search, so that other points can follow: a start, then steps T h and the rounds after each."""

    start: GaussianMap
    features: Features
    settle: GaussianisationMap
    steps: tuple[tuple[Float[np.ndarray, "features d"], GaussianisationMap], ...]

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the map that the search ended with."""
        values, h = self.features(u), self.settle(self.start(u))
        for coefficients, rounds in self.steps:
            h = rounds(h + values @ coefficients)
        return h


def ascend(
    start: GaussianMap, features: Features, points: Float[np.ndarray, "N n"], rng: np.random.Generator
) -> tuple[Ascended, float]:
    """Climb from one start at these points; return the map, and the total pair correlation that T gives it there."""
    features = orthonormal(features, points)
    values, correlations = features(points), features.correlations
    least = float(correlations.min())
    step = STEP if least >= 0.0 else min(STEP, -0.5 / least)
    h = start(points)
    gaussianisation = IterativeGaussianisation.of(h.shape[1], rng)
    settle, h = gaussianisation.gaussianise(h, ROUNDS)
    steps = []
    for number in range(STEPS):
        coefficients = step * correlations[:, None] * (values.T @ h / len(h))
        count = ROUNDS if number == STEPS - 1 else ROUNDS // 4
        rounds, h = gaussianisation.gaussianise(h + values @ coefficients, count)
        steps.append((coefficients, rounds))
    total = float((correlations[:, None] * (values.T @ h / len(h)) ** 2).sum())
    return Ascended(start, features, settle, tuple(steps)), total


def orthonormal(features: Features, points: Float[np.ndarray, "N n"]) -> Features:
    """Return the features with mean 0 and covariance I at these points themselves, each moved as little as possible."""
    values = features(points)
    mean = values.mean(axis=0)
    root = inverse_root(np.cov(values, rowvar=False).reshape(values.shape[1], -1))
    # The mean of the basis functions that makes the features' mean 0: the weights' least-squares inverse.
    shift = np.linalg.lstsq(features.weights.T, mean, rcond=None)[0]
    return Features(features.basis, features.mean + shift, features.weights @ root, features.correlations)


def starts(plain: Plain, features: Features, d: int, rng: np.random.Generator) -> Iterator[tuple[str, GaussianMap]]:
    """Name and yield the maps to start from."""
    total = len(features.correlations)
    leading = np.eye(total, d)
    drawn = rng.standard_normal((total, d)) * (np.arange(total) < 4 * d)[:, None]
    yield "search from the plain map", plain
    # The whitened optimum may lie on a surface of fewer dimensions; a little of what comes next gives it volume.
    yield "search from the eigenfunctions", Mixed(features, leading + 0.2 * drawn, plain, 0.1)
    yield "search from the folded map", FoldedMap(plain)
    yield "search from a random map", Mixed(features, drawn, plain, 0.1)
