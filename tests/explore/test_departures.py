"""Regimes that leave the Gaussian world in one respect keep the statistics that they state."""

import numpy as np
import pytest

import worldprobe as wp
from worldprobe.contracts.regime_contract import check_regime
from worldprobe.explore import REGIMES, Correlated, Drift, Regime, StateNoise
from worldprobe.world import Control

CONTROLS = [Control(f"z{i}", "", 1.0, "a control") for i in range(3)]


@pytest.mark.parametrize("name", ["drift", "state-noise", "correlated"])
def test_the_contract_holds(name: str) -> None:
    check_regime(name)
    assert name in wp.regimes
    assert REGIMES[name].__doc__


@pytest.mark.parametrize("regime", [Drift(amount=2.0), StateNoise(amount=1.0), Correlated(correlation=0.95)])
def test_variance_and_pair_correlation_are_exact(regime: Regime, rng: np.random.Generator) -> None:
    pairs = regime.sample(100_000, CONTROLS, rng)
    assert pairs.first.var(axis=0) == pytest.approx(1.0, abs=0.03)
    assert pairs.second.var(axis=0) == pytest.approx(1.0, abs=0.03)
    found = [np.corrcoef(one, two)[0, 1] for one, two in zip(pairs.first.T, pairs.second.T, strict=True)]
    assert found == pytest.approx(regime.exact_correlation(CONTROLS), abs=0.015)


@pytest.mark.parametrize("regime", [Drift(amount=0.0), StateNoise(amount=0.0), Correlated(correlation=0.0)])
def test_without_the_departure_it_is_the_gaussian_regime(regime: Regime, rng: np.random.Generator) -> None:
    pairs = regime.sample(60_000, CONTROLS, rng)
    assert np.cov(pairs.controls, rowvar=False) == pytest.approx(np.eye(3), abs=0.03)
    rest = pairs.second - 0.7 * pairs.first
    assert np.corrcoef(rest[:, 0] ** 2, pairs.first[:, 0])[0, 1] == pytest.approx(0.0, abs=0.03)


def test_each_departs_where_it_says(rng: np.random.Generator) -> None:
    drifted = Drift(amount=1.0).sample(60_000, CONTROLS, rng).controls
    assert abs(drifted[:6_000, 0].mean() - drifted[-6_000:, 0].mean()) > 1.5
    noisy = StateNoise(amount=1.0).sample(60_000, CONTROLS, rng)
    rest = noisy.second - 0.7 * noisy.first
    assert rest[noisy.first > 1].std() > 3 * rest[noisy.first < -1].std()
    together = Correlated(correlation=0.9).sample(60_000, CONTROLS, rng).controls
    assert np.corrcoef(together, rowvar=False)[np.triu_indices(3, 1)] == pytest.approx(0.9, abs=0.01)
