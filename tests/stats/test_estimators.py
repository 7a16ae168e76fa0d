"""The shared estimators, against closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import trapezoid

from audits.logs import clean
from worldprobe.audits.gates.exploration.decay_rates import pair_correlation
from worldprobe.stats.correlation import column_correlation
from worldprobe.stats.dependence import distance_correlation
from worldprobe.stats.epps_pulley import epps_pulley
from worldprobe.stats.kolmogorov_smirnov import ks_distance, ordinal_codes
from worldprobe.stats.normality import shapiro_francia
from worldprobe.stats.r2 import r2_from_errors, r2_from_explained, r2_per_column
from worldprobe.stats.sampling_error import correlation_time, standard_error
from worldprobe.stats.subsample import even_stretches, evenly_spaced
from worldprobe.stats.whitening import FLOOR, inverse_root, whitened


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


def test_rows_of_a_short_walk_are_worth_about_one_draw() -> None:
    """An Ornstein-Uhlenbeck walk of 93 rows with rho .99995 moves by a tenth of its spread: it is one draw."""
    rho, worth = 0.99995, []
    for seed in range(40):
        noise = np.random.default_rng(seed).standard_normal(93)
        x = np.zeros(93)
        x[0] = noise[0]
        for k in range(1, 93):
            x[k] = rho * x[k - 1] + np.sqrt(1 - rho**2) * noise[k]
        worth.append(93 / correlation_time(x[:, None])[0])
    assert np.median(worth) < 2.0
    assert max(worth) < 12.0


@pytest.mark.parametrize("rows", [93, 128, 500, 4000])
def test_independent_rows_are_worth_themselves(rows: int) -> None:
    worth = [rows / correlation_time(np.random.default_rng(s).standard_normal((rows, 1)))[0] for s in range(60)]
    assert np.median(worth) > 0.6 * rows
    assert max(worth) <= rows


@pytest.mark.parametrize("rows", [100, 1000, 20_000])
def test_a_constant_direction_costs_nothing_and_a_trend_is_one_draw(rows: int) -> None:
    assert correlation_time(np.zeros((rows, 1)))[0] == 1.0
    assert rows / correlation_time(np.linspace(0, 1, rows)[:, None])[0] < 4.0


def test_ties_are_no_distance() -> None:
    """A coin in both samples, once in 90 % and once in 80 % of the draws: the distance is .1, and 0 with itself."""
    first, second = np.repeat([0.0, 1.0], [900, 100]), np.repeat([0.0, 1.0], [800, 200])
    codes = ordinal_codes(np.concatenate([first, second]))
    assert ks_distance(codes[:1000], codes[1000:]) == pytest.approx(0.1)
    assert ks_distance(codes[:1000], codes[:1000]) == 0.0


def test_the_ks_distance_is_scipy_s() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(500).round(1), rng.standard_normal(700).round(1) + 0.1
    codes = ordinal_codes(np.concatenate([a, b]))
    assert ks_distance(codes[:500], codes[500:]) == pytest.approx(stats.ks_2samp(a, b).statistic)


def test_r2_has_one_meaning() -> None:
    """Of a least-squares fit the explained and the unexplained share add to 1; a column that never moves has 0."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 2)), rng.standard_normal((200, 3))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    read = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    expected = r2_per_column(y, read)
    np.testing.assert_allclose(r2_from_explained((read**2).mean(axis=0), y.var(axis=0)), expected)
    np.testing.assert_allclose(r2_from_errors(((y - read) ** 2).sum(axis=0), (y**2).sum(axis=0)), expected)
    assert r2_from_errors(np.array([0.5]), np.array([0.0])).tolist() == [0.0]
    assert r2_from_explained(np.array([0.5]), np.array([0.0])).tolist() == [0.0]
    with pytest.raises(ValueError, match="column 1 of the truth is constant"):
        r2_per_column(np.stack([y[:, 0], np.ones(200)], axis=1), read[:, :2])


def test_directions_below_the_floor_are_mapped_to_nothing() -> None:
    root = inverse_root(np.diag([1.0, 2 * FLOOR, FLOOR / 2]))
    np.testing.assert_allclose(np.diag(root), [1.0, (2 * FLOOR) ** -0.5, 0.0])
    assert np.isfinite(whitened(np.zeros((10, 2)))).all()


def test_the_correlation_with_a_constant_is_not_a_number() -> None:
    x = np.random.default_rng(0).standard_normal((50, 2))
    assert column_correlation(x, -2.0 * x).tolist() == pytest.approx([-1.0, -1.0])
    assert np.isnan(column_correlation(x, np.ones((50, 2)))).all()


def test_a_subsample_is_spread_over_everything() -> None:
    assert evenly_spaced(10, 4).tolist() == [0, 3, 6, 9]
    assert evenly_spaced(3, 9).tolist() == [0, 1, 2]
    rows = even_stretches(24_000, 6000)
    assert len(rows) == 6000
    assert (rows[0], rows[-1]) == (0, 23_999)
    assert np.diff(rows).max() < 24_000 / 10
    assert (np.diff(rows) == 1).mean() > 0.99
