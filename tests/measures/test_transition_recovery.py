"""What a learned transition predicts in true controls, on transitions whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest

from audits.logs import specs
from worldprobe.explore import Controlled
from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.measures.transition_recovery import recover_transition
from worldprobe.results import OTHER, OWN, TransitionRecovery

TURN = np.linalg.qr(np.random.default_rng(1).standard_normal((2, 2))).Q
WRONG = np.array([[0.0, 0.3], [0.0, -0.2]])


def loop_of(own_noise: float) -> ClosedLoop:
    return Controlled(feedback=0.5, action_noise=[1.0, own_noise]).closed_loop(2)


def recovered(own_noise: float, wrong: np.ndarray, drift: float = 0.0) -> TransitionRecovery:
    """A predictor in a rotated embedding that is right but for `wrong`, added to B, and `drift`, added to A."""
    regime = Controlled(feedback=0.5, action_noise=[1.0, own_noise])
    pairs, loop = regime.sample(40_000, specs(2), np.random.default_rng(0)), loop_of(own_noise)

    def predictor(h: np.ndarray, a: np.ndarray) -> np.ndarray:
        return (h @ TURN @ (loop.transition.T + drift * np.eye(2)) + a @ (loop.effect + wrong).T) @ TURN.T

    h, rng = pairs.first @ TURN.T, np.random.default_rng(2)
    return recover_transition(h, pairs.first, pairs.actions, predictor, loop, ["a1", "a2"], rng)


def test_the_true_transition_in_a_rotated_embedding_has_no_error():
    found = recovered(1.0, np.zeros((2, 2)))
    assert max(found.reading, found.on_policy, found.counterfactual, found.effects_error) < 1e-9
    assert max(found.effect_angles.values()) < 1e-3
    assert found.subspace_angle < 1e-3
    assert found.effects_condition == pytest.approx(found.effects_condition_true) == pytest.approx(1.0)


def test_a_wrong_effect_of_a_weakly_varied_action_shows_in_counterfactuals_alone():
    """The error along a direction is what was planted there, whether or not the policy ever varies it."""
    rich, weak = recovered(1.0, WRONG), recovered(0.0, WRONG)
    assert rich.ratio == pytest.approx(1.0, rel=0.25)
    assert weak.effects_error == pytest.approx(np.linalg.norm(WRONG) / np.linalg.norm(0.6 * np.eye(2)), rel=1e-6)
    assert weak.effect_angles["a1"] < 1e-3 < weak.effect_angles["a2"]


def test_a_predictor_that_fits_its_own_policy_exactly_is_wrong_along_the_direction_that_never_varies():
    """a2 = k z: an error of B's second column that A makes up for costs the policy's own actions nothing."""
    regime, loop = Controlled(feedback=0.5, action_noise=[1.0, 0.0]), loop_of(0.0)
    pairs, made_up = regime.sample(40_000, specs(2), np.random.default_rng(0)), WRONG @ loop_of(0.0).feedback

    def predictor(h: np.ndarray, a: np.ndarray) -> np.ndarray:
        return h @ (loop.transition - made_up).T + a @ (loop.effect + WRONG).T

    rng = np.random.default_rng(2)
    found = recover_transition(pairs.first, pairs.first, pairs.actions, predictor, loop, ["a1", "a2"], rng)
    assert found.on_policy < 1e-9 < 1e-3 < found.counterfactual
    assert found.ratio > 1e6
    assert found.weakest == "a2"
    weak, rich = found.directions
    assert weak.excitation < 1e-9 < 0.5 < rich.excitation
    assert rich.error < 1e-9 < 1e-3 < weak.error
    own, other = found.rollouts[OWN], found.rollouts[OTHER]
    assert own.learned[0] == pytest.approx(own.oracle[0], rel=1e-9)
    # Later actions answer states that noise has moved, which a prediction does not know: they are not its own policy's.
    assert own.learned[-1] > 1.1 * own.oracle[-1]
    assert other.learned[0] > 1.05 * other.oracle[0]


def test_rollouts_of_the_true_transition_are_the_oracle_and_its_error_is_the_noise_that_adds_up():
    found, loop = recovered(1.0, np.zeros((2, 2))), loop_of(1.0)
    for kind in (OWN, OTHER):
        errors = found.rollouts[kind]
        assert errors.horizons == [1, 2, 4, 8, 16]
        assert errors.learned == pytest.approx(errors.oracle, rel=1e-4)
        assert np.all(np.array(errors.oracle) < np.array(errors.mean_effect))
        assert np.all(np.array(errors.mean_effect) < np.array(errors.no_effect))
    noise = np.trace(loop.noise @ np.linalg.inv(np.diag(np.diag(loop.covariance)))) / 2
    assert found.rollouts[OTHER].oracle[0] == pytest.approx(noise, rel=0.1)


def test_floors_of_rollouts_are_those_in_closed_form():
    """Many random steps from a state: it is forgotten, so that the mean is off by 1 variance, and staying by 2."""
    regime = Controlled()
    pairs, loop = regime.sample(40_000, specs(2), np.random.default_rng(0)), regime.closed_loop(2)
    rng = np.random.default_rng(3)
    found = recover_transition(pairs.first, pairs.first, pairs.actions, loop.expected, loop, ["a1", "a2"], rng)
    errors = found.rollouts[OWN]
    assert errors.mean_effect[-1] == pytest.approx(1.0, abs=0.1)
    assert errors.no_effect[-1] == pytest.approx(2.0, abs=0.15)


def test_a_predictor_that_diverges_has_a_finite_error():
    assert recovered(1.0, np.zeros((2, 2)), drift=1e30).rollouts[OWN].learned[-1] > 1e9


def test_a_collapsed_predictor_has_no_effects():
    regime = Controlled()
    pairs, loop = regime.sample(4000, specs(2), np.random.default_rng(0)), regime.closed_loop(2)
    rng = np.random.default_rng(3)
    found = recover_transition(pairs.first, pairs.first, pairs.actions, lambda h, a: 0 * h, loop, ["a1", "a2"], rng)
    assert found.effects_condition is None
    assert found.subspace_angle == 90.0
    assert found.effects_error == pytest.approx(1.0)
