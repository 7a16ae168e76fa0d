"""A predictor that was trained with an encoder plans in the regime's actions, and its failures are its own."""

from __future__ import annotations

import numpy as np
import pytest

import worldprobe as wp
from planning.rotations import PLANE, rotating, rotation
from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.measures.probes import LinearProbe
from worldprobe.planning import Benchmark, JointPredictor, PlanningSettings
from worldprobe.planning.whose_failure import split_failures
from worldprobe.results import JOINT

SETTINGS = PlanningSettings(pairs=12, library=200, experience=400, transitions=["linear"], waypoints=[3])
TURN = rotation(2)
ENCODE, READ = rotating(TURN), LinearProbe(TURN, np.zeros(2))


def loop_of(**settings: object) -> ClosedLoop:
    regime = wp.regimes["controlled"](**({"memory": 0.7, "effect": 0.5} | settings))
    found: ClosedLoop = regime.closed_loop(2)
    return found


def trained(loop: ClosedLoop, lost: float = 0.0) -> JointPredictor:
    """A predictor of h = Qz that knows the loop, but for a share that is lost of what the second action does."""
    known = loop.effect * [1.0, 1.0 - lost]

    def predict(h: np.ndarray, actions: np.ndarray) -> np.ndarray:
        return (h @ TURN @ loop.transition.T + actions @ known.T) @ TURN.T

    found = JointPredictor.where_possible(predict, READ, loop)
    assert found is not None
    return found


def test_a_displacement_of_the_controls_displaces_the_embedding_whatever_the_regimes_dynamics() -> None:
    z, u = np.random.default_rng(0).standard_normal((2, 50, 2))
    for loop in (loop_of(), loop_of(coupled=False, memory=[0.9, -0.3]), loop_of(feedback=1.0, action_noise=[1.0, 0.0])):
        np.testing.assert_allclose(trained(loop)(ENCODE(z), u), ENCODE(z + u), atol=1e-12)
        slope = trained(loop).slope(ENCODE(z), 0.3, 2)
        np.testing.assert_allclose(slope, np.tile(TURN, (50, 1, 1)), atol=1e-12)


def test_a_right_predictor_reaches_what_a_transition_fitted_afterwards_reaches() -> None:
    found = Benchmark(PLANE, SETTINGS).evaluate(ENCODE, trained(loop_of())).planned
    assert found.kind == "linear"  # what is shown where there is room for one is comparable between encoders
    assert list(found.reached) == ["linear", "oracle", JOINT]
    assert found.reached[JOINT].transition_r2 == pytest.approx(1.0)
    split = found.failures[JOINT]
    assert (split.reached, split.search, split.transition, split.encoder, split.predictor) == (12, 0, 0, 0, 0)
    assert found.failures["linear"].predictor is None
    assert found.agreement[JOINT].elite == pytest.approx(1.0, abs=0.01)


@pytest.mark.slow
def test_a_predictor_that_turns_an_action_round_is_what_fails() -> None:
    found = Benchmark(PLANE, SETTINGS).evaluate(ENCODE, trained(loop_of(coupled=False), lost=2.0)).planned
    split = found.failures[JOINT]
    assert found.failures["linear"].reached == 12
    assert split.predictor == 12 - split.reached > 6
    assert found.reached[JOINT].transition_r2 < 0.5  # type: ignore[operator]


@pytest.mark.slow
def test_without_a_predictor_nothing_changes() -> None:
    plain, both = (Benchmark(PLANE, SETTINGS).evaluate(ENCODE, own).planned for own in (None, trained(loop_of())))
    assert JOINT not in plain.reached
    assert both.reached["linear"] == plain.reached["linear"]
    assert both.agreement["linear"] == plain.agreement["linear"]


def test_fewer_actions_than_controls_cause_no_displacement_of_choice() -> None:
    assert JointPredictor.where_possible(lambda h, a: h, READ, loop_of(actions=1)) is None


def test_parts_of_a_predictors_failures_sum_to_all_tasks() -> None:
    stages = np.random.default_rng(0).random((4, 500)) < 0.6
    split = split_failures(*stages)
    parts = (split.reached, split.search, split.transition, split.encoder, split.predictor)
    assert sum(part or 0 for part in parts) == 500
    assert split.predictor == int((stages[0] & stages[1] & stages[2] & ~stages[3]).sum())
