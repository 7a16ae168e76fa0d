"""Linear recovery from the moments of blocks is the regression on their rows, and sees no scored episode."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.linear_recovery import linear_coding, linear_recovery
from worldprobe.measures.ridge_recovery import ridge_recovery
from worldprobe.measures.row_blocks import (
    decorrelation_rows,
    independent_blocks,
    probe_and_test_blocks,
    trajectory_blocks,
)


def walks(rng: np.random.Generator, episodes: int, length: int, n: int, rho: float = 0.95) -> np.ndarray:
    z = np.empty((episodes, length, n))
    z[:, 0] = rng.standard_normal((episodes, n))
    for t in range(1, length):
        z[:, t] = rho * z[:, t - 1] + np.sqrt(1 - rho**2) * rng.standard_normal((episodes, n))
    return z.reshape(-1, n)


def test_moments_give_the_r2_of_regressions_on_the_rows(rng: np.random.Generator) -> None:
    z = rng.standard_normal((3000, 2))
    h = np.concatenate([z @ rng.standard_normal((2, 3)), rng.standard_normal((3000, 2))], axis=1) + 5.0
    h += 0.5 * rng.standard_normal(h.shape)
    blocks = independent_blocks(3000)
    read = np.empty_like(z)
    for fold in blocks.folds:
        fitted, scored = blocks.fitted(fold), blocks.scored(fold)
        read[scored] = LinearRegression().fit(h[fitted], z[fitted]).predict(h[scored])
    wanted = 1 - ((z - read) ** 2).sum(axis=0) / ((z - z.mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(linear_recovery(block_moments(h, z, blocks), rng).r2, wanted, atol=1e-9)


def test_a_probe_fitted_on_one_set_and_scored_on_another_ignores_the_first_in_its_score(
    rng: np.random.Generator,
) -> None:
    z = rng.standard_normal((2000, 1))
    h = z + np.concatenate([np.zeros((1000, 1)), rng.standard_normal((1000, 1))])
    found = linear_recovery(block_moments(h, z, probe_and_test_blocks(1000, 1000)), rng)
    assert found.mean == pytest.approx(1 - np.mean((z - h)[1000:] ** 2) / z[1000:].var(), abs=1e-3)


def test_episodes_that_are_remembered_are_not_recovered(rng: np.random.Generator) -> None:
    # An embedding that is a code of the episode: rows drawn one by one read each episode's mean state off it.
    z = np.repeat(rng.standard_normal((60, 1)), 50, axis=0) + 0.1 * rng.standard_normal((3000, 1))
    h = np.repeat(rng.standard_normal((60, 40)), 50, axis=0)
    by_row = linear_recovery(block_moments(h, z, independent_blocks(3000)), rng).mean
    starts = np.arange(0, 3000, 50)
    by_episode = linear_recovery(block_moments(h, z, trajectory_blocks(starts, z, rng)), rng).mean
    shuffled = rng.permutation(3000)
    leaking = linear_recovery(block_moments(h[shuffled], z[shuffled], independent_blocks(3000)), rng).mean
    assert leaking > 0.5
    assert by_episode < 0.1
    assert by_row < 0.3


def test_intervals_over_episodes_are_wider_than_over_rows(rng: np.random.Generator) -> None:
    z = walks(rng, 40, 250, 1, rho=0.995)
    h = z + np.repeat(rng.standard_normal((40, 1)), 250, axis=0)
    starts = np.arange(0, len(z), 250)
    low, high = linear_recovery(block_moments(h, z, trajectory_blocks(starts, z, rng)), rng).mean_ci95
    rows = rng.permutation(len(z))
    near, far = linear_recovery(block_moments(h[rows], z[rows], independent_blocks(len(z))), rng).mean_ci95
    assert high - low > 2 * (far - near)


def test_one_trajectory_is_cut_into_stretches_with_gaps(rng: np.random.Generator) -> None:
    z = walks(rng, 1, 8000, 2, rho=0.9)
    blocks = trajectory_blocks(np.zeros(1, dtype=np.int64), z, rng)
    gap = decorrelation_rows(z, np.zeros(1, dtype=np.int64))
    assert 8 <= gap <= 16
    assert blocks.count == 40
    edges = np.flatnonzero(np.diff(blocks.block) != 0)
    assert (blocks.block == -1).sum() == 39 * gap
    assert len(edges) == 2 * 39


def test_collinear_dimensions_change_nothing(rng: np.random.Generator) -> None:
    z = rng.standard_normal((2000, 2))
    h = z + 0.3 * rng.standard_normal(z.shape)
    twice = np.concatenate([h, h @ rng.standard_normal((2, 6)), np.ones((2000, 1))], axis=1)
    blocks = independent_blocks(2000)
    one, other = (linear_recovery(block_moments(x, z, blocks), rng).r2 for x in (h, twice))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_constant_dimension_has_no_r2_and_is_left_out_of_the_mean(rng: np.random.Generator) -> None:
    z = rng.standard_normal((1000, 2))
    h = np.concatenate([z, np.ones((1000, 1))], axis=1)
    found = linear_coding(block_moments(h, z, independent_blocks(1000)), rng)
    assert np.isnan(found.r2[2])
    assert found.mean == pytest.approx(1.0)


def test_too_few_rows_for_the_dimensions_are_refused(rng: np.random.Generator) -> None:
    h, z = rng.standard_normal((50, 60)), rng.standard_normal((50, 1))
    with pytest.raises(ValueError, match="at least 62 rows, 40 are left"):
        linear_recovery(block_moments(h, z, independent_blocks(50)), rng)


@pytest.mark.slow
def test_a_ridge_chooses_its_penalty_where_it_is_fitted(rng: np.random.Generator) -> None:
    # 400 features for 600 rows: least squares reads noise, a ridge reads the state.
    z = rng.standard_normal((750, 2))
    pixels = z @ rng.standard_normal((2, 400)) + 10.0 * rng.standard_normal((750, 400))
    moments = block_moments(pixels, z, independent_blocks(750))
    plain, ridge = linear_recovery(moments, rng).r2, ridge_recovery(moments, rng).r2
    assert (ridge > plain + 0.1).all()
    exact = np.concatenate([z, rng.standard_normal((750, 5))], axis=1)
    assert ridge_recovery(block_moments(exact, z, independent_blocks(750)), rng).mean > 0.9999
