"""Rounds end at N(0, I), other points follow, and near N(0, I) they undo gradients and nothing else."""

import numpy as np
import pytest

from worldprobe.predictor.rbig import IterativeGaussianisation, distance_to_gaussian, least_gaussian_axes


def banana(rng: np.random.Generator, count: int) -> np.ndarray:
    z = rng.standard_normal((count, 2))
    return np.stack([z[:, 0], z[:, 1] + z[:, 0] ** 2], axis=1)


def test_a_bent_cloud_and_points_that_were_not_fitted_end_at_the_normal(rng: np.random.Generator) -> None:
    rounds, reached = IterativeGaussianisation.of(2, rng).gaussianise(banana(rng, 20_000), 30)
    assert distance_to_gaussian(banana(rng, 20_000), rng) > 0.1
    assert distance_to_gaussian(reached, rng) < 2e-3
    assert distance_to_gaussian(rounds(banana(rng, 20_000)), rng) < 4e-3


def test_in_one_dimension_the_map_is_the_increasing_rearrangement(rng: np.random.Generator) -> None:
    u = rng.standard_normal((50_000, 1))
    rounds, _ = IterativeGaussianisation.of(1, rng).gaussianise(np.sinh(u), 30)
    assert len(rounds.rounds) == 1
    assert np.sqrt(np.mean((rounds(np.sinh(u)) - u) ** 2)) < 0.03


def test_a_small_gradient_is_undone_and_a_flow_that_keeps_the_measure_is_not(rng: np.random.Generator) -> None:
    h = rng.standard_normal((60_000, 2))
    gradient = np.stack([h[:, 1], h[:, 0]], axis=1) + h * [1, -1]  # of h_1 h_2 + (h_1^2 - h_2^2) / 2
    turning = np.stack([-h[:, 1], h[:, 0]], axis=1) * (h**2).sum(axis=1, keepdims=True) / 4
    for field, left in ((gradient, 0.0), (turning, 1.0)):
        _, reached = IterativeGaussianisation.of(2, rng).gaussianise(h + 0.05 * field, 12)
        moved = (reached - h) / 0.05
        along = (moved * field).mean() / (field**2).mean()
        assert along == pytest.approx(left, abs=0.12)


def test_a_cube_hidden_in_many_dimensions_is_told_from_a_normal(rng: np.random.Generator) -> None:
    turned = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    cube = rng.uniform(-np.sqrt(3), np.sqrt(3), (20_000, 6)) @ turned
    axes = least_gaussian_axes(cube, rng, steps=20)
    assert np.abs(turned @ axes).max(axis=1) == pytest.approx(np.ones(6), abs=0.02)
    assert distance_to_gaussian(cube, rng) > 0.03
    assert distance_to_gaussian(rng.standard_normal((20_000, 6)), rng) < 1e-3
