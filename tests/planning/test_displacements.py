"""Actions and tasks: as long, as far and as evenly spread as they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from worldprobe.errors import InvalidValue
from worldprobe.planning import Displacements, Tasks

MOTION = Displacements(step=0.3, reach=2.0)


@pytest.mark.parametrize("n", [2, 6])
def test_random_actions_fill_their_ball_evenly(n: int) -> None:
    actions = MOTION.actions(4000, n, np.random.default_rng(0))
    share = (np.linalg.norm(actions, axis=1) / 0.3) ** n  # the volume inside: uniform
    assert stats.kstest(share, "uniform").pvalue > 0.01
    assert np.abs(actions.mean(axis=0)).max() < 0.01


def test_states_are_gaussian_within_the_reach() -> None:
    z = MOTION.states(4000, 2, np.random.default_rng(1))
    assert stats.kstest(z.ravel(), stats.truncnorm(-2, 2).cdf).pvalue > 0.01


def test_long_actions_are_shortened_and_short_ones_kept() -> None:
    given = np.array([[3.0, 4.0], [0.1, -0.2]])
    np.testing.assert_allclose(MOTION.bounded(given), [[0.18, 0.24], [0.1, -0.2]])


def test_controls_stop_at_the_border() -> None:
    moved = MOTION.moved(np.array([[1.9, 0.0], [-1.95, 0.0]]), np.array([[0.2, 0.1], [-0.3, 0.0]]))
    np.testing.assert_allclose(moved, [[2.0, 0.1], [-2.0, 0.0]])


def test_tasks_are_apart_within_the_reach_and_the_same_from_the_same_stream() -> None:
    one, two = (Tasks.draw(200, 2, MOTION, 1.5, np.random.default_rng(2)) for _ in range(2))
    assert one.straight.min() >= 1.5
    assert max(np.abs(one.starts).max(), np.abs(one.goals).max()) <= 2.0
    np.testing.assert_array_equal(one.goals, two.goals)


def test_every_start_has_one_goal() -> None:
    with pytest.raises(InvalidValue, match=r"goals = \(1, 2\).*starts \(2, 2\)"):
        Tasks(np.zeros((2, 2)), np.ones((1, 2)))
