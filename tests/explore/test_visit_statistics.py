"""Measured statistics agree with their definitions and say where there is nothing to measure."""

import numpy as np
import pytest
from scipy import stats

from worldprobe.explore import Pairs, named
from worldprobe.explore.visit_statistics import measure


@pytest.fixture
def pairs() -> Pairs:
    """Three controls: skewed and shifted, a copy of the first with noise, and one that never moves."""
    rng = np.random.default_rng(0)
    z = np.zeros((5000, 3), dtype=np.float32)
    z[:, 0] = rng.exponential(2.0, 5000) + 7.0
    z[:, 1] = -z[:, 0] + rng.standard_normal(5000)
    z[:, 2] = 1.7
    return Pairs(z, np.stack([np.arange(4999), np.arange(1, 5000)], axis=1))


def test_moments_are_those_of_scipy(pairs: Pairs) -> None:
    measured, z = measure(pairs), pairs.controls.astype(float)
    np.testing.assert_allclose(measured.mean, z.mean(axis=0))
    np.testing.assert_allclose(measured.sd, z.std(axis=0), atol=1e-12)
    np.testing.assert_allclose(measured.excess_kurtosis[:2], stats.kurtosis(z[:, :2]))


def test_correlations_are_those_of_numpy(pairs: Pairs) -> None:
    measured, z = measure(pairs), pairs.controls.astype(float)
    np.testing.assert_allclose(measured.correlation[:2, :2], np.corrcoef(z[:, :2].T))
    assert measured.pair_correlation[0] == pytest.approx(np.corrcoef(z[:-1, 0], z[1:, 0])[0, 1])


def test_only_the_pairs_that_are_listed_count(pairs: Pairs) -> None:
    same = Pairs(pairs.controls, np.repeat(np.arange(100)[:, None], 2, axis=1))
    np.testing.assert_allclose(measure(same).pair_correlation[:2], 1.0)


def test_a_control_that_never_moves_has_no_correlation_and_no_kurtosis(pairs: Pairs) -> None:
    measured = measure(pairs)
    assert measured.sd[2] == 0.0
    assert np.isnan(measured.excess_kurtosis[2])
    assert np.isnan(measured.pair_correlation[2])
    assert np.isnan(measured.correlation[2]).all()
    assert named(measured.pair_correlation, ["a", "b", "c"])["c"] is None


def test_frames_without_pairs_have_marginals_only() -> None:
    z = np.random.default_rng(0).standard_normal((100, 2)).astype(np.float32)
    measured = measure(Pairs(z, np.zeros((0, 2), dtype=np.int64)))
    assert np.isfinite(measured.sd).all()
    assert np.isnan(measured.pair_correlation).all()


def test_pairs_that_share_frames_are_one_chain() -> None:
    index = np.array([[0, 1], [1, 2], [2, 3], [4, 5], [6, 7], [7, 8]])
    assert Pairs(np.zeros((9, 1), np.float32), index).chains.tolist() == [0, 0, 0, 1, 2, 2]
