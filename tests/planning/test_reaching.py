"""Reaching goals that are given as pictures: certain where the embedding is a rotated copy."""

from __future__ import annotations

import numpy as np
import pytest

from planning.rotations import PLANE, RememberedArm, bent, rotating, rotation
from worldprobe.planning import CEM, Displacements, Experience, ReachingOutcome, Tasks, Transition, judge, oracle, reach
from worldprobe.planning.sight import Encode
from worldprobe.world import Identity, World

MOTION = Displacements()


def _planned(
    encode: Encode, world: World, tasks: Tasks, kind: str = "linear", experience: int = 600
) -> ReachingOutcome:
    rng = np.random.default_rng(7)
    transition = Transition.fit(encode, world, Experience.gather(world, MOTION, experience, rng), kind)
    goals = world.observe(tasks.goals)
    return judge(reach(encode, world, transition, tasks.starts, goals, MOTION, rng, steps=40), tasks, 0.15)


def _tasks(n: int, count: int = 20) -> Tasks:
    return Tasks.draw(count, n, MOTION, 1.0, np.random.default_rng(8))


def test_oracle_goes_straight_in_as_few_steps_as_there_can_be() -> None:
    tasks = _tasks(3)
    paths = oracle(tasks, MOTION, 40)
    outcome = judge(paths, tasks, 1e-12)
    assert outcome.rate == 1.0
    np.testing.assert_allclose(outcome.ratios, 1.0, rtol=1e-12)
    moves = np.linalg.norm(np.diff(paths, axis=1), axis=2)
    assert moves.max() <= MOTION.step + 1e-12
    np.testing.assert_array_equal((moves > 1e-12).sum(axis=1), np.ceil(tasks.straight / MOTION.step - 1e-9))


def test_oracle_without_time_stops_on_the_way() -> None:
    tasks = Tasks(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    np.testing.assert_allclose(oracle(tasks, MOTION, 3)[0, -1], [0.0, 0.9])
    np.testing.assert_allclose(oracle(Tasks(np.zeros((1, 2)), np.full((1, 2), 0.1)), MOTION, 3)[0, 1:], 0.1)


@pytest.mark.parametrize("n", [2, 6])
def test_rotated_copy_reaches_every_goal_nearly_straight(n: int) -> None:
    outcome = _planned(rotating(rotation(n)), Identity(n=n), _tasks(n))
    assert outcome.rate == 1.0
    assert outcome.cost is not None
    assert 1.0 < outcome.cost < 1.08


@pytest.mark.slow
def test_arm_whose_embedding_is_its_joints_reaches_every_picture() -> None:
    with RememberedArm(size=16) as arm:
        outcome = _planned(arm.controls_of, arm, _tasks(2, 12), experience=100)
    assert outcome.rate == 1.0
    assert outcome.ratios.max() < 1.1


@pytest.mark.slow
def test_network_goes_less_far_round_in_a_bent_embedding_than_a_linear_transition() -> None:
    tasks = _tasks(2, 30)
    linear, mlp = (_planned(bent(1.0), PLANE, tasks, kind, 3000) for kind in ("linear", "mlp"))
    assert linear.rate == mlp.rate == 1.0  # one to one: whoever looks again gets there
    assert linear.ratios.mean() > mlp.ratios.mean() + 0.1
    assert mlp.ratios.mean() > 1.05  # the embedding's shortest way is not the true one


def test_what_the_embedding_does_not_hold_is_not_reached() -> None:
    tasks = Tasks(np.zeros((2, 2)), np.array([[1.5, 0.05], [1.5, 1.5]]))
    outcome = _planned(lambda x: x[:, :1].astype(np.float64), PLANE, tasks)
    assert outcome.gaps[1] > 0.5
    assert not outcome.success[1]


def test_planner_that_sees_nothing_change_rests() -> None:
    tasks = _tasks(2, 5)
    outcome = _planned(lambda x: np.ones((len(x), 2)), PLANE, tasks)
    np.testing.assert_allclose(outcome.ratios, 1.0)  # nothing was walked, all is left
    assert outcome.rate == 0.0


def test_the_judge_counts_what_is_left_to_the_goal() -> None:
    tasks = Tasks(np.zeros((3, 2)), np.array([[3.0, 4.0]] * 3))
    paths = np.array([[[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [3.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    outcome = judge(paths, tasks, 0.5)
    np.testing.assert_allclose(outcome.ratios, [1.0, 7.0 / 5.0, 1.0])
    np.testing.assert_allclose(outcome.gaps, [0.0, 4.0, 4.0])
    assert outcome.success.tolist() == [True, False, False]
    assert (outcome.rate, outcome.cost) == (pytest.approx(1 / 3), 1.0)
    assert judge(paths[1:], Tasks(tasks.starts[1:], tasks.goals[1:]), 0.5).cost is None


def test_plans_find_the_minimum_and_are_never_worse_than_staying() -> None:
    best = MOTION.bounded(np.array([[[0.2, -0.1], [-0.25, 0.1]], [[0.0, 0.05], [0.1, 0.1]]]))

    def cost(plans: np.ndarray) -> np.ndarray:
        return ((plans - best[:, None]) ** 2).sum(axis=(2, 3))

    rng = np.random.default_rng(0)
    found = CEM(horizon=2, iterations=15).plan(cost, np.zeros((2, 2, 2)), MOTION, rng)
    np.testing.assert_allclose(found, best, atol=0.01)
    hurried = CEM(horizon=2, population=16, elites=4, iterations=1)
    assert np.all(hurried.plan(lambda p: (p**2).sum(axis=(2, 3)), best, MOTION, rng) == 0.0)
    assert np.all(cost(hurried.plan(cost, best, MOTION, rng)[:, None]) == 0.0)
