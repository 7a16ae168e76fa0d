"""The controlled regime: what it states of its closed loop is what its samples show."""

from __future__ import annotations

import numpy as np
import pytest

from audits.logs import specs
from worldprobe.errors import InvalidValue
from worldprobe.explore import Controlled, Pairs

POLICIES = {
    "random": {},
    "goal-seeking": {"feedback": 0.5, "action_noise": 0.5},
    "rank-deficient": {"feedback": 0.5, "action_noise": [1.0, 0.0, 1.0]},
    "one action": {"actions": 1, "noise": [0.3, 0.5, 0.7], "memory": [0.9, 0.2, -0.4]},
}


def drawn(n: int = 3, frames: int = 200_000, **settings: object) -> Pairs:
    return Controlled.model_validate(settings).sample(frames, specs(n), np.random.default_rng(0))


def residual(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return y - x @ np.linalg.lstsq(x, y, rcond=None)[0]


@pytest.mark.parametrize("policy", POLICIES)
def test_stated_spectra_are_those_of_samples(policy):
    pairs, loop = drawn(**POLICIES[policy]), Controlled.model_validate(POLICIES[policy]).closed_loop(3)
    assert pairs.actions is not None
    known = np.concatenate([pairs.first, pairs.actions], axis=1).astype(np.float64)
    np.testing.assert_allclose(np.cov(pairs.second.T), loop.covariance, atol=0.03)
    np.testing.assert_allclose(np.cov(residual(pairs.second, known).T), loop.noise, atol=0.02)
    np.testing.assert_allclose(np.cov(residual(pairs.actions, pairs.first).T), loop.excitation, atol=0.02)
    predicted = known @ np.linalg.lstsq(known, pairs.second, rcond=None)[0]
    whitening = np.linalg.inv(np.linalg.cholesky(np.cov(pairs.second.T)))
    squares = np.linalg.eigvalsh(whitening @ np.cov(predicted.T) @ whitening.T)[::-1]
    np.testing.assert_allclose(squares, loop.canonical_correlations**2, atol=0.02)


def test_the_defaults_are_stationary_at_the_canonical_distribution():
    loop = Controlled().closed_loop(4)
    np.testing.assert_allclose(loop.covariance, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(loop.canonical_correlations, np.sqrt(0.72))
    assert Controlled().exact_marginal(specs(4)) == "N(0, 1)"
    assert Controlled().exact_prediction_error(specs(4)) == pytest.approx(0.28)


def test_an_action_without_noise_of_its_own_has_no_excitation():
    assert Controlled(feedback=0.5, action_noise=[1.0, 0.0]).closed_loop(2).least_excitation == pytest.approx(0.0)
    assert Controlled().closed_loop(2).least_excitation == pytest.approx(1.0)


def test_actions_of_a_clip_lead_from_each_state_to_the_next():
    settings = {"clip": 5, "noise": 1e-6}
    pairs, loop = drawn(frames=1000, **settings), Controlled.model_validate(settings).closed_loop(3)
    assert pairs.actions is not None
    expected = pairs.first @ loop.transition.T + pairs.actions @ loop.effect.T
    np.testing.assert_allclose(pairs.second, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"actions": 4}, "actions = 4.*at most 3"),
        ({"action_noise": [1.0, 1.0]}, "action_noise.*list of 3, one per action"),
        ({"memory": [0.5, 0.5]}, "memory.*list of 3, one per control"),
        ({"memory": 0.9, "feedback": 2.5}, "spectral radius"),
    ],
)
def test_impossible_settings_are_refused_with_what_is_allowed(settings, message):
    with pytest.raises(InvalidValue, match=message):
        drawn(frames=100, **settings)
