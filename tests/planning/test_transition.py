"""Transitions: exact where an action only adds, and as good as their held-out score says."""

from __future__ import annotations

import numpy as np
import pytest

from planning.rotations import PLANE, bent, rotating, rotation
from worldprobe.errors import UnknownName
from worldprobe.planning import Displacements, Experience, Transition

MOTION = Displacements()


@pytest.fixture(scope="module")
def experience() -> Experience:
    return Experience.gather(PLANE, MOTION, 3000, np.random.default_rng(0))


def test_action_on_a_rotated_copy_adds_its_rotation(experience: Experience) -> None:
    q = rotation(2)
    transition = Transition.fit(rotating(q), PLANE, experience, "linear")
    h, actions = np.random.default_rng(1).normal(size=(2, 50, 2))
    np.testing.assert_allclose(transition(h, actions), h + actions @ q.T, atol=1e-5)
    np.testing.assert_allclose(transition.slope(h, 0.3, 2), np.tile(q, (50, 1, 1)), atol=1e-5)
    assert transition.r2 == pytest.approx(1.0, abs=1e-9)


@pytest.mark.slow
def test_network_learns_what_an_action_does_where_a_line_cannot(experience: Experience) -> None:
    linear, mlp = (Transition.fit(bent(0.8), PLANE, experience, kind) for kind in ("linear", "mlp"))
    assert linear.r2 < 0.75
    assert mlp.r2 > 0.97
    z, a = np.array([[1.2, -0.3]]), np.array([[0.1, 0.2]])
    slope = np.array([[1.0, 0.0], [2 * 0.8 * z[0, 0], 1.0]])
    moved = mlp(bent(0.8)(z), a) - bent(0.8)(z)
    np.testing.assert_allclose(moved, a @ slope.T + [[0.0, 0.8 * 0.1**2]], atol=0.03)


def test_embedding_that_never_moves_has_no_score_and_no_slope(experience: Experience) -> None:
    still = Transition.fit(lambda x: np.ones((len(x), 2)), PLANE, experience, "linear")
    assert still.r2 == 0.0
    np.testing.assert_allclose(still.slope(np.ones((3, 2)), 0.3, 2), 0.0, atol=1e-12)


def test_unknown_transition_is_answered_with_the_nearest(experience: Experience) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'linear'"):
        Transition.fit(rotating(np.eye(2)), PLANE, experience, "liner")
