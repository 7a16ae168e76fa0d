"""Generalised normal pairs: their law, their variance, and what becomes of stationarity."""

import numpy as np
import pytest
from scipy import stats

from toy import PLANE
from worldprobe.explore import GeneralisedNormal, Pairs
from worldprobe.explore.generalised_normal import excess_kurtosis
from worldprobe.explore.visit_statistics import measure


def draw(alpha: float, rho: float = 0.6, frames: int = 400_000, **settings: str) -> Pairs:
    regime = GeneralisedNormal.model_validate({"alpha": alpha, "rho": rho, **settings})
    return regime.sample(frames, PLANE, np.random.default_rng(0))


@pytest.mark.parametrize("alpha", [0.125, 0.5, 1.0, 2.0, 8.0, 32.0])
def test_first_member_is_generalised_normal_with_unit_variance(alpha: float) -> None:
    scale = 1.0 / stats.gennorm.std(alpha)
    first = draw(alpha, frames=40_000).first[:, 0].astype(float)
    assert stats.kstest(first, stats.gennorm(alpha, scale=scale).cdf).pvalue > 0.01


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 8.0])
@pytest.mark.parametrize("pairing", ["successor", "siblings"])
def test_variance_is_one_and_pair_correlation_rho(alpha: float, pairing: str) -> None:
    pairs = draw(alpha, pairing=pairing)
    np.testing.assert_allclose(pairs.controls.std(axis=0), 1.0, atol=0.015)
    np.testing.assert_allclose(measure(pairs).pair_correlation, 0.6, atol=0.02)


@pytest.mark.parametrize("alpha", [1.0, 1.5, 8.0])
def test_successor_is_not_of_the_law_of_its_predecessor(alpha: float) -> None:
    """Excess kurtosis of rho z + sqrt(1 - rho^2) eta is (rho^4 + (1 - rho^2)^2) times that of z."""
    rho = 0.6
    second = stats.kurtosis(draw(alpha, rho).second[:, 0].astype(float))
    assert second == pytest.approx((rho**4 + (1 - rho**2) ** 2) * excess_kurtosis(alpha), abs=0.06)


def test_siblings_share_one_law_where_successors_do_not() -> None:
    siblings, successors = draw(0.5, pairing="siblings"), draw(0.5, pairing="successor")
    assert stats.ks_2samp(siblings.first[:, 0], siblings.second[:, 0]).pvalue > 0.01
    assert stats.ks_2samp(successors.first[:, 0], successors.second[:, 0]).pvalue < 1e-6


@pytest.mark.parametrize("alpha", [1.0, 8.0])
def test_siblings_have_the_kurtosis_that_their_datasheet_states(alpha: float) -> None:
    rho = 0.6
    first = stats.kurtosis(draw(alpha, rho, pairing="siblings").first[:, 0].astype(float))
    assert first == pytest.approx((rho**2 + (1 - rho) ** 2) * excess_kurtosis(alpha), abs=0.06)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 4.0])
def test_excess_kurtosis_agrees_with_scipy(alpha: float) -> None:
    assert excess_kurtosis(alpha) == pytest.approx(float(stats.gennorm.stats(alpha, moments="k")), abs=1e-9)


def test_only_the_gaussian_member_says_that_it_is_normal() -> None:
    assert GeneralisedNormal(alpha=2.0).exact_marginal(PLANE) == "N(0, 1)"
    assert "shape 1" in GeneralisedNormal(alpha=1.0).exact_marginal(PLANE)


@pytest.mark.parametrize("settings", [{"alpha": 0.0}, {"alpha": -1.0}, {"rho": -0.2, "pairing": "siblings"}])
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"alpha|siblings"):
        GeneralisedNormal.model_validate(settings)
