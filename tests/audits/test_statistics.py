"""The statistics behind the gates, against closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import trapezoid

from audits.logs import clean
from worldprobe.audits.gate_statistics import (
    correlation_time,
    distance_correlation,
    epps_pulley,
    shapiro_francia,
    standard_error,
    whitened,
)
from worldprobe.audits.gates.exploration.pair_transitions import pair_correlation


def quantiles(law: stats.rv_continuous, count: int = 100_000) -> np.ndarray:
    return np.asarray(law.ppf((np.arange(count) + 0.5) / count))


def test_blocking_finds_the_correlation_time_of_a_clip() -> None:
    """1 + 2 sum rho^k (1 - k / clip) frames are worth one draw."""
    lags = np.arange(1, 16)
    expected = 1 + 2 * np.sum(0.8**lags * (1 - lags / 16))
    found = correlation_time(clean(6, 200_000, 0.8, 16).controls.astype(float))
    np.testing.assert_allclose(found, expected, rtol=0.5)
    assert found.mean() == pytest.approx(expected, rel=0.25)


def test_standard_error_of_independent_rows_is_sd_over_root_n() -> None:
    x = np.random.default_rng(0).standard_normal((100_000, 20))
    assert standard_error(x).mean() == pytest.approx(100_000**-0.5, rel=0.2)


def test_shapiro_francia_is_the_r2_of_the_gaussianised_control() -> None:
    """For a uniform law the squared correlation with normal scores is 3 / pi."""
    assert shapiro_francia(quantiles(stats.norm)) == pytest.approx(1.0, abs=1e-4)
    assert shapiro_francia(quantiles(stats.uniform)) == pytest.approx(3 / np.pi, abs=1e-3)


def test_epps_pulley_is_sigreg_s_integral() -> None:
    """For a symmetric two-point law phi(t) = cos t, and the integral runs over [-3, 3]."""
    x = np.tile([-1.0, 1.0], 500)[:, None]
    t = np.linspace(0, 3, 30_001)
    expected = 2 * trapezoid((np.cos(t) - np.exp(-(t**2) / 2)) ** 2 * np.exp(-(t**2) / 2), t)
    assert epps_pulley(x)[0] == pytest.approx(expected, rel=0.01)
    assert epps_pulley(quantiles(stats.norm)[:, None])[0] < 1e-6


def test_distance_correlation_of_gaussians_is_the_known_function_of_rho() -> None:
    """Szekely, Rizzo & Bakirov 2007, theorem 7."""
    r = 0.5
    x = np.random.default_rng(0).multivariate_normal([0, 0], [[1, r], [r, 1]], 2000)

    def covariance(r: float) -> float:
        return float(r * np.arcsin(r) + np.sqrt(1 - r * r) - r * np.arcsin(r / 2) - np.sqrt(4 - r * r) + 1)

    assert distance_correlation(x)[0, 1] == pytest.approx(covariance(r) / covariance(1.0), abs=0.04)
    fresh = np.random.default_rng(1).standard_normal((1000, 5))
    assert np.abs(distance_correlation(fresh)[np.triu_indices(5, 1)]).max() < 0.02


def test_whitened_columns_keep_their_names() -> None:
    x = clean(3).controls.astype(float) @ np.array([[1.0, 0.3, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 2.0]])
    y = whitened(x)
    np.testing.assert_allclose(np.cov(y.T, bias=True), np.eye(3), atol=1e-9)
    assert np.abs(np.corrcoef(x.T, y.T)[:3, 3:]).argmax(axis=1).tolist() == [0, 1, 2]


def test_the_standard_error_of_a_pair_correlation_covers_its_spread() -> None:
    """Over many logs the spread of rho is what the error of one of them says."""
    found = []
    for seed in range(60):
        pairs = clean(4, 4000, 0.6, 8, seed)
        found.append(pair_correlation(pairs.first.astype(float), pairs.second.astype(float)))
    rho, error = np.array(found).transpose(1, 0, 2)
    assert rho.mean() == pytest.approx(0.6, abs=0.01)
    assert rho.std() == pytest.approx(error.mean(), rel=0.35)
