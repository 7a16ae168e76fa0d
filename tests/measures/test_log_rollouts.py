"""Rollouts along a log: the true transition is exact where there is no noise, and episodes and strides are kept."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.explore import Controlled
from worldprobe.measures.log_rollouts import LoggedActions, log_rollouts

TURN = np.linalg.qr(np.random.default_rng(1).standard_normal((2, 2))).Q


def logged(clips: int = 60, clip: int = 40, noise: float = 1e-9, stride: int = 1) -> tuple[LoggedActions, Controlled]:
    regime = Controlled(clip=clip, noise=noise)
    z, a = regime.closed_loop(2).sample(clips, clip, np.random.default_rng(0))
    a[:, -1] = np.nan
    return LoggedActions(z.reshape(-1, 2), a.reshape(-1, 2), np.arange(clips) * clip, stride), regime


def test_starts_stay_in_their_episode_and_need_an_action_in_every_row():
    actions = np.ones((10, 1))
    actions[[4, 7]] = np.nan
    log = LoggedActions(np.zeros((10, 1)), actions, np.array([0, 5]))
    assert log.starts(1).tolist() == [0, 1, 2, 3, 5, 6, 8]
    assert log.starts(2).tolist() == [0, 1, 2, 5]
    assert LoggedActions(np.zeros((10, 1)), actions, np.array([0, 5]), 2).starts(1).tolist() == [0, 1, 2, 5]
    assert log.starts(10).tolist() == []


@pytest.mark.parametrize("stride", [1, 2])
def test_the_true_transition_in_a_rotated_embedding_follows_a_log_without_noise(stride):
    log, regime = logged(stride=stride)
    loop = regime.closed_loop(2)

    def predictor(h: np.ndarray, a: np.ndarray) -> np.ndarray:
        z = h @ TURN
        for k in range(stride):
            z = loop.expected(z, a[:, 2 * k : 2 * k + 2])
        return z @ TURN.T

    found = log_rollouts(log.z @ TURN.T, log, predictor)
    assert found.horizons == [1, 2, 4, 8, 16]
    assert max(found.learned) < 1e-9
    assert max(found.oracle) < 1e-9
    assert np.all(np.array(found.mean_effect) > 0.1)


def test_noise_is_in_the_errors_and_a_predictor_without_actions_is_at_the_floor():
    log, regime = logged(noise=0.5, clips=200)
    loop = regime.closed_loop(2)
    right = log_rollouts(log.z, log, loop.expected)
    assert right.learned == pytest.approx(right.oracle, rel=0.02)
    assert right.learned[0] == pytest.approx(0.25 / np.diag(loop.covariance).mean(), rel=0.1)
    blind = log_rollouts(log.z, log, lambda h, a: h @ loop.transition.T)
    assert blind.learned == pytest.approx(blind.mean_effect, rel=0.05)


def test_horizons_that_episodes_are_too_short_for_are_left_out():
    log, regime = logged(clips=200, clip=6)
    assert log_rollouts(log.z, log, regime.closed_loop(2).expected).horizons == [1, 2, 4]
    log, regime = logged(clips=4, clip=6)
    assert log_rollouts(log.z, log, regime.closed_loop(2).expected) is None


def test_the_floors_of_a_short_log_are_no_higher_than_the_mean_state():
    log, regime = logged(clips=20, clip=24, noise=0.5)
    found = log_rollouts(log.z, log, regime.closed_loop(2).expected)
    assert max(found.mean_effect) < 1.15
