"""Regimes of a body: purposeful, aimless, and bumping into its stops."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from toy import CAMERA
from worldprobe.errors import InvalidValue
from worldprobe.explore import REGIMES, JointLimits, Policy, RandomTorque, measure, simulated_body
from worldprobe.explore.joints import Joints
from worldprobe.world import Control
from worldprobe.world.arm import Arm
from worldprobe.world.arm.model import RANGE
from worldprobe.world.arm.physics import Body

TWO, THREE, SQUASHED = Arm().controls, Arm(joints=3).controls, Arm(angles="squash").controls
BODILY = ["policy", "random-torque", "joint-limits"]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", BODILY)
@pytest.mark.parametrize(
    "controls",
    [CAMERA, (), TWO[::-1], (TWO[0],), tuple(Control(c.name, "degrees", 57.3, c.meaning) for c in TWO)],
)
def test_worlds_without_an_arms_joints_are_refused(name, controls):
    with pytest.raises(InvalidValue, match=rf"{name}.*shoulder, wrist.*controls are") as caught:
        REGIMES[name]().sample(100, controls, rng())
    assert caught.value.key == "regime"


@pytest.mark.parametrize("name", BODILY)
@pytest.mark.parametrize("controls", [TWO, THREE, SQUASHED], ids=["two", "three", "squashed"])
def test_every_arm_can_be_explored_within_a_half_turn(name, controls):
    pairs = REGIMES[name]().sample(400, controls, rng())
    angles = np.stack([spec.physical(z) for spec, z in zip(controls, pairs.controls.T, strict=True)], axis=1)
    assert np.abs(angles).max() < np.pi + 1e-6
    assert (angles.std(axis=0) > 0.8).all()


def test_angles_are_taken_within_a_half_turn_and_back_through_the_squash():
    angles = np.array([[0.5 + 4 * np.pi, -0.5], [3.5, -3.5]])
    within = [[0.5, -0.5], [3.5 - 2 * np.pi, 2 * np.pi - 3.5]]
    np.testing.assert_allclose(Joints("x", TWO).control_values(angles), within, atol=1e-5)
    squashed = Joints("x", SQUASHED).control_values(angles)
    back = np.stack([spec.physical(z) for spec, z in zip(SQUASHED, squashed.T, strict=True)], axis=1)
    np.testing.assert_allclose(back, within, atol=1e-5)
    assert Joints("x", TWO).wrap
    assert not Joints("x", SQUASHED).wrap


@pytest.mark.parametrize("stride", [1, 7, 64])
def test_members_of_a_pair_are_stride_control_steps_apart_in_one_episode(monkeypatch, stride):
    def clockwork(self, body, count, generator):
        """Joint 0 tells the time, joint 1 the episode."""
        time = np.linspace(-3, 3, self.episode + 1)
        return np.stack(np.broadcast_arrays(time, np.linspace(-3, 3, 500)[:count, None]), axis=-1)

    monkeypatch.setattr(RandomTorque, "explore", clockwork)
    pairs = RandomTorque(stride=stride, episode=100, pairs=5).sample(1000, TWO, rng())
    np.testing.assert_allclose(pairs.second[:, 0] - pairs.first[:, 0], 0.06 * stride, atol=1e-5)
    np.testing.assert_array_equal(pairs.second[:, 1], pairs.first[:, 1])
    starts = pairs.first.reshape(100, 5, 2)
    assert len(np.unique(starts[..., 1])) == 100
    assert (np.diff(np.sort(starts[..., 0], axis=1), axis=1) > 0.03).all()  # five distinct times
    assert pairs.first[:, 0].min() < -2.8
    assert pairs.second[:, 0].max() > 2.8


@pytest.mark.parametrize("name", ["policy", "random-torque"])
def test_pairs_further_apart_are_less_alike(name):
    near, far = (REGIMES[name](stride=stride, episode=200).sample(1000, TWO, rng()) for stride in (2, 64))
    steps = [np.abs(np.angle(np.exp(1j * (p.second - p.first)))).mean(axis=0) for p in (near, far)]
    assert (steps[1] > 3 * steps[0]).all()


@pytest.mark.parametrize("name", ["policy", "random-torque"])
@pytest.mark.parametrize("bad", [{"stride": 400}, {"stride": 395}, {"stride": 0}, {"pairs": 500}, {"episode": 1}])
def test_episodes_too_short_for_their_pairs_are_refused(name, bad):
    with pytest.raises(ValidationError, match=r"episode|stride|pairs"):
        REGIMES[name](**bad)


def test_the_longest_stride_that_fits_is_accepted():
    assert len(Policy(stride=391).sample(40, TWO, rng()).index) == 20


@pytest.mark.parametrize("joints", [2, 3])
def test_a_policys_fingertip_arrives_at_every_target(joints, monkeypatch):
    asked = []

    def remembered(count, generator, draw=simulated_body.draw_targets):
        asked.append(draw(count, generator))
        return asked[-1]

    monkeypatch.setattr(simulated_body, "draw_targets", remembered)
    policy = Policy(targets=75, episode=300)
    body = policy.body(joints, shoulder_limited=False)
    angles = policy.explore(body, 100, rng())
    assert len(asked) == 4
    assert angles.shape == (100, 301, joints)
    for i, points in enumerate(asked):
        radius = np.linalg.norm(points, axis=1)
        assert ((radius > 0.05) & (radius < 0.2)).all()
        missed = np.linalg.norm(body.fingertip(angles[:, 75 * (i + 1)]) - points, axis=1)
        assert np.quantile(missed, 0.95) < 0.01
    assert np.abs(np.diff(angles, axis=1)).max() < 0.5  # it travels: no joint jumps from target to target


def test_a_policy_keeps_its_wrist_bent_as_its_targets_demand():
    """Two links of 0.12 m meet a target r away at a wrist of 2 acos(r / 0.24): 1.17 rad for the furthest target."""
    wrist = np.abs(Policy(targets=100).sample(1000, TWO, rng()).controls[:, 1])
    assert (wrist > 1.15).mean() > 0.85
    assert (wrist < 0.5).mean() < 0.03


def test_torques_are_held_and_scaled(monkeypatch):
    given = {}
    monkeypatch.setattr(Body, "move", lambda self, states, torques: given.update(torques=torques) or states[:, None])
    RandomTorque(hold=5, strength=0.3, episode=52).explore(Body(2), 300, rng())
    torques = given["torques"]
    assert torques.shape == (300, 52, 2)
    np.testing.assert_array_equal(np.ptp(torques[:, :50].reshape(300, 10, 5, 2), axis=2), 0)
    assert stats.kstest(torques[:, ::5].ravel(), stats.uniform(-0.3, 0.6).cdf).pvalue > 0.01
    fresh = torques[:, ::5]
    assert abs(np.corrcoef(fresh[:, :-1].ravel(), fresh[:, 1:].ravel())[0, 1]) < 0.05


def test_weak_torques_barely_move_the_arm():
    weak, strong = (RandomTorque(stride=50, strength=s).sample(1000, TWO, rng()) for s in (0.02, 1.0))
    moved = [np.abs(np.angle(np.exp(1j * (p.second - p.first)))).mean() for p in (weak, strong)]
    assert 0.0 < moved[0] < 0.05 * moved[1]


@pytest.mark.parametrize("rho", [0.1, 0.5, 0.9, 0.99])
def test_a_walk_between_stops_has_the_pair_correlation_asked_for(rho):
    pairs = JointLimits(rho=rho).sample(100_000, TWO, rng())
    np.testing.assert_allclose(measure(pairs).pair_correlation, rho, atol=0.012)


@pytest.mark.parametrize("clip", [2, 50])
def test_a_walk_between_stops_is_uniform_up_to_them(clip):
    walk = JointLimits(reach=2.0, rho=0.8, clip=clip).sample(40_000, TWO, rng())
    for joint in walk.controls.reshape(-1, clip, 2)[:, -1].T:
        assert stats.kstest(joint, stats.uniform(-2, 4).cdf).pvalue > 0.01
        assert 1.9 < np.abs(joint).max() <= 2.0


def test_eigenfunctions_of_the_walk_are_sines_with_the_square_of_their_order():
    """The k-th has correlation q^(k^2): the second is dearer than an OU walk's, where it is q^2."""
    pairs = JointLimits(rho=0.7).sample(200_000, TWO, rng())
    phase = [np.pi * z / (2 * RANGE) for z in (pairs.first, pairs.second)]
    first = np.corrcoef(np.sin(phase[0][:, 0]), np.sin(phase[1][:, 0]))[0, 1]
    second = np.corrcoef(np.cos(2 * phase[0][:, 0]), np.cos(2 * phase[1][:, 0]))[0, 1]
    assert second == pytest.approx(first**4, abs=0.01)
    read = np.corrcoef(np.sin(phase[0][:, 0]), pairs.first[:, 0])[0, 1] ** 2
    assert read == pytest.approx(96 / np.pi**4, abs=0.002)


def test_a_walk_through_a_squash_is_exact_no_longer():
    assert JointLimits().exact_correlation(SQUASHED) is None
    assert JointLimits().exact_marginal(SQUASHED) is None
    assert JointLimits().exact_marginal(TWO) == "U(-2.793, 2.793)"
    for regime in (Policy(), RandomTorque()):
        assert regime.exact_correlation(TWO) is None
        assert regime.exact_marginal(TWO) is None


@pytest.mark.parametrize("bad", [{"rho": 0.0}, {"rho": -0.5}, {"reach": 0.0}, {"reach": 3.2}, {"clip": 1}])
def test_impossible_walks_are_refused(bad):
    with pytest.raises(ValidationError, match=next(iter(bad))):
        JointLimits(**bad)
