"""What a learned transition says in true controls, on transitions whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest

from audits.logs import specs
from worldprobe.explore import Controlled
from worldprobe.measures.transition_recovery import TransitionRecovery, recover_transition


def recovered(own_noise: float, wrong: np.ndarray) -> TransitionRecovery:
    """A predictor in a rotated embedding that is right but for `wrong`, added to B."""
    regime = Controlled(feedback=0.5, action_noise=[1.0, own_noise])
    pairs, loop = regime.sample(20_000, specs(2), np.random.default_rng(0)), regime.closed_loop(2)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((2, 2))).Q

    def predictor(h: np.ndarray, a: np.ndarray) -> np.ndarray:
        return (h @ turn @ loop.transition.T + a @ (loop.effect + wrong).T) @ turn.T

    return recover_transition(
        pairs.first @ turn.T,
        pairs.first.astype(np.float64),
        pairs.actions.astype(np.float64),
        predictor,
        lambda z, a: z @ loop.transition.T + a @ loop.effect.T,
        np.diag(loop.covariance),
        np.random.default_rng(2),
    )


def test_the_true_transition_in_a_rotated_embedding_has_no_error():
    found = recovered(1.0, np.zeros((2, 2)))
    assert max(found.on_policy, found.counterfactual, found.effects_error) < 1e-9
    assert max(found.effect_angles) < 1e-3


def test_a_wrong_effect_of_a_weakly_varied_action_shows_in_counterfactuals_alone():
    """Along a direction with excitation q of the largest, the errors' ratio grows towards 1 / q."""
    wrong = np.array([[0.0, 0.3], [0.0, -0.2]])
    rich, weak = recovered(1.0, wrong), recovered(0.0, wrong)
    assert rich.ratio == pytest.approx(1.0, rel=0.25)
    assert weak.ratio > 5.0 * rich.ratio
    assert weak.effects_error == pytest.approx(np.linalg.norm(wrong) / np.linalg.norm(0.6 * np.eye(2)), rel=1e-6)
    assert weak.effect_angles[0] < 1e-3 < weak.effect_angles[1]
