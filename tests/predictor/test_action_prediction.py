"""Prediction of action-conditioned encoders against closed forms of the controlled world."""

from __future__ import annotations

import numpy as np
import pytest

import worldprobe as wp
from audits.logs import specs
from worldprobe.errors import InvalidValue
from worldprobe.explore import Controlled, Pairs
from worldprobe.predictor.action_prediction import (
    predict_actions,
    predict_log_actions,
    predictive_sigreg_margin,
    predictive_whitening_margin,
)
from worldprobe.predictor.outcomes import canonical_correlations, outcomes

UNEQUAL = {"coupled": False, "memory": [0.9, 0.3], "feedback": 0.2, "noise": [0.3, 0.6]}


def drawn(frames: int, n: int = 2, **settings: object) -> tuple[Pairs, Controlled]:
    regime = Controlled.model_validate(settings)
    return regime.sample(frames, specs(n), np.random.default_rng(0)), regime


def hermite(x: np.ndarray, degree: int) -> np.ndarray:
    """Normalised probabilists' Hermite polynomials."""
    return {1: x, 2: (x**2 - 1) / 2**0.5, 3: (x**3 - 3 * x) / 6**0.5}[degree]


@pytest.mark.parametrize("settings", [{}, UNEQUAL, {"action_noise": [1.0, 0.0]}, {"actions": 1}])
def test_sampled_canonical_correlations_are_those_of_the_closed_loop(settings):
    pairs, regime = drawn(200_000, **settings)
    exact = regime.closed_loop(2).canonical_correlations
    np.testing.assert_allclose(canonical_correlations(pairs.first, pairs.actions, pairs.second), exact, atol=0.006)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_feature_of_degree_k_keeps_rho_to_the_k_in_amplitude(degree):
    """Two outcomes of one state and action correlate by the square of the amplitude."""
    pairs, regime = drawn(400_000, **UNEQUAL)
    loop = regime.closed_loop(2)
    both = outcomes(pairs.first, pairs.actions, pairs.second, pairs.chains, np.random.default_rng(1))
    assert both.degree == 1
    scale = np.sqrt(np.diag(loop.covariance))
    rho = np.sqrt(np.diag(loop.predictable)) / scale
    np.testing.assert_allclose(np.sort(rho)[::-1], loop.canonical_correlations)
    kept = (hermite(both.seen / scale, degree) * hermite(both.other / scale, degree)).mean(axis=0)
    np.testing.assert_allclose(kept, rho ** (2 * degree), atol=0.02)


def test_the_error_of_the_best_prediction_is_half_the_distance_of_two_outcomes():
    pairs, regime = drawn(200_000)
    both = outcomes(pairs.first, pairs.actions, pairs.second, pairs.chains, np.random.default_rng(1))
    half = ((both.seen - both.other) ** 2).mean() / 2
    assert half == pytest.approx(regime.exact_prediction_error(specs(2)), rel=0.02)


def test_a_transition_that_is_curved_is_fitted_with_its_squares():
    pairs, _ = drawn(20_000)
    curved = pairs.second + 0.5 * pairs.actions**2
    both = outcomes(pairs.first, pairs.actions, curved, pairs.chains, np.random.default_rng(1))
    assert both.degree == 2
    assert ((both.seen - both.other) ** 2).mean() / 2 == pytest.approx(0.28, rel=0.05)


def test_the_linear_optimum_holds_where_the_least_rho_exceeds_the_largest_product():
    assert predictive_whitening_margin(np.array([0.8, 0.65])) > 0.0 > predictive_whitening_margin(np.array([0.8, 0.63]))
    assert predictive_sigreg_margin(np.array([0.8, 0.8])) > 0.0
    assert predictive_sigreg_margin(np.array([0.98, 0.4])) < 0.0
    with pytest.raises(InvalidValue, match="rho"):
        predictive_sigreg_margin(np.array([1.0, 0.4]))


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"feedback": 0.5, "action_noise": [1.0, 0.0]}])
def test_every_policy_with_a_separated_spectrum_is_predicted_to_be_recovered(settings):
    pairs, regime = drawn(60_000, **settings)
    found = predict_actions(pairs, ["a", "b"])
    assert found.refused is None
    assert found.r2 == pytest.approx(1.0, abs=0.02)
    squares = np.sort(regime.closed_loop(2).canonical_correlations ** 2)[::-1]
    np.testing.assert_allclose(found.pair_correlations, squares, atol=0.03)


@pytest.mark.slow
def test_a_spectrum_beyond_the_margin_is_refused_with_both_embeddings():
    pairs, regime = drawn(40_000, coupled=False, memory=[0.95, 0.1], noise=[0.1, 0.8], effect=0.2)
    rho = regime.closed_loop(2).canonical_correlations
    assert predictive_whitening_margin(rho) < 0.0
    assert predictive_sigreg_margin(rho) < 0.0
    found = wp.predict(pairs, objective="predictive").record(np.random.default_rng(1).standard_normal((2000, 2)))
    assert found.refused_briefly == "spectrum not separated"
    linear, folded = (min(own.values()) for own in found.candidates)
    assert linear > 0.95
    assert folded < 0.5


def test_pairs_without_actions_are_refused_with_what_to_do():
    pairs, _ = drawn(1000)
    with pytest.raises(InvalidValue, match="pairs with actions"):
        predict_actions(Pairs(pairs.controls, pairs.index), ["a", "b"])
    with pytest.raises(InvalidValue, match="Pairs with actions"):
        wp.predict(Pairs(pairs.controls, pairs.index), objective="predictive")


@pytest.mark.slow
def test_pairs_whose_action_is_not_a_number_are_left_out():
    pairs, _ = drawn(60_000)
    actions = pairs.actions.copy()
    actions[::10] = np.nan
    found = predict_actions(Pairs(pairs.controls, pairs.index, actions), ["a", "b"])
    assert found.r2 == pytest.approx(1.0, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("clips", [1, 8])
def test_a_log_of_few_long_episodes_is_answered_and_not_refused(clips):
    """It is worth as many draws as its rows amount to, not as there are episodes."""
    pairs, _ = drawn(4000, clip=4000 // clips)
    assert "1 independent groups" in str(predict_actions(drawn(4000, clip=4000)[0], ["a", "b"]).refused)
    found = predict_log_actions(pairs, ["a", "b"])
    assert found.objective == "predictive"
    assert found.r2 == pytest.approx(1.0, abs=0.02)


def test_a_tiny_log_has_an_approximate_answer():
    pairs, _ = drawn(120, clip=120)
    found = predict_log_actions(pairs, ["a", "b"])
    assert found.approximate
    assert found.ci95[0] < 0.98 <= found.ci95[1]
    few = Pairs(pairs.controls, pairs.index[:5], pairs.actions[:5])
    assert predict_log_actions(few, ["a", "b"]).refused_briefly == "too few actions"


@pytest.mark.slow
def test_a_log_beyond_the_margin_is_not_said_to_be_recovered():
    pairs, _ = drawn(20_000, clip=50, coupled=False, memory=[0.95, 0.1], noise=[0.1, 0.8], effect=0.2)
    found = predict_log_actions(pairs, ["a", "b"])
    assert found.refused_briefly == "spectrum not separated"
    with pytest.raises(InvalidValue, match="pairs with actions"):
        predict_log_actions(Pairs(pairs.controls, pairs.index), ["a", "b"])
