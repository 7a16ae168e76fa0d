"""The arm: the suite's body, MuJoCo's kinematics, angles that wrap or that do not."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import trapezoid

from worldprobe.errors import InvalidValue, MissingDependency
from worldprobe.world import WORLDS
from worldprobe.world.arm import Arm
from worldprobe.world.arm.model import CHAINS, RANGE, mujoco_model

mujoco = pytest.importorskip("mujoco")

SAME = [
    *("body_mass", "body_inertia", "body_pos", "geom_type", "geom_size", "geom_pos", "geom_quat", "geom_bodyid"),
    *("jnt_type", "jnt_axis", "jnt_range", "jnt_limited", "dof_damping", "actuator_gear", "actuator_ctrlrange"),
    *("light_pos", "light_dir", "light_diffuse", "light_cutoff"),
]
SUITE = f"""
import sys, numpy as np
from dm_control import suite
physics = suite.load("reacher", "hard").physics
model = physics.model
found = {{name: np.array(getattr(model, name)) for name in {SAME}}}
found["camera"] = np.concatenate([model.cam_pos[0], model.cam_quat[0], model.cam_fovy[:1]])
found["rgba"] = model.mat_rgba[model.geom_matid]
motion, frames, rng = [], [], np.random.default_rng(0)
for _ in range(300):
    physics.data.ctrl[:] = rng.uniform(-1, 1, 2)
    physics.step()
    motion.append(physics.data.qpos.copy())
for posture in np.random.default_rng(0).normal(size=(4, 2)):
    physics.data.qpos[:], physics.data.qvel[:] = posture, 0
    physics.named.model.geom_pos["target", :2] = 0.1
    physics.forward()
    frames.append(physics.render(height=64, width=64, camera_id=0))
np.savez(sys.argv[1], motion=motion, frames=frames, **found)
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """The Control Suite's reacher, from a process of its own: the paper's frames, with the model's own target."""
    pytest.importorskip("dm_control")
    path = tmp_path_factory.mktemp("suite") / "reacher.npz"
    subprocess.run([sys.executable, "-c", SUITE, str(path)], check=True, env={"MUJOCO_GL": "egl"}, timeout=120)
    return dict(np.load(path))


@pytest.mark.slow
def test_the_two_joint_arm_is_the_suites_reacher(suite):
    model = mujoco_model(2)
    target = [model.geom("target").id]
    for name in SAME:
        ours, theirs = getattr(model, name), suite[name]
        if name == "geom_pos":  # the suite's target moves; the paper's stays here
            np.testing.assert_array_equal(ours[target], [[0.1, 0.1, 0.01]])
            ours, theirs = np.delete(ours, target, axis=0), np.delete(theirs, target, axis=0)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, err_msg=name)
    camera = np.concatenate([model.cam_pos[0], model.cam_quat[0], model.cam_fovy])
    np.testing.assert_allclose(camera, suite["camera"], rtol=1e-12)
    coloured = np.arange(model.ngeom) != model.geom("ground").id
    np.testing.assert_allclose(model.mat_rgba[model.geom_matid][coloured], suite["rgba"][coloured], atol=1e-6)


@pytest.mark.slow
def test_the_same_torques_move_it_as_they_move_the_suites(suite):
    model, rng = mujoco_model(2), np.random.default_rng(0)
    data = mujoco.MjData(model)
    for expected in suite["motion"]:
        data.ctrl[:] = rng.uniform(-1, 1, 2)
        mujoco.mj_step(model, data)
        np.testing.assert_allclose(data.qpos, expected, atol=1e-9)


@pytest.mark.slow
def test_mujocos_renderer_shows_the_suites_frames(suite):
    with Arm(renderer="mujoco") as world:
        np.testing.assert_array_equal(world.observe(np.random.default_rng(0).normal(size=(4, 2))), suite["frames"])


@pytest.mark.parametrize("joints", [2, 3])
def test_bodies_stand_where_plane_geometry_puts_them(joints):
    """The end of a chain of links is the sum of their directions, each turned by all the angles before it."""
    with Arm(joints=joints) as world:
        angles = np.random.default_rng(0).normal(size=(20, joints))
        bodies = world.body_poses(angles)
    lengths = [link.length for link in CHAINS[joints]]
    heading = angles.cumsum(axis=1)
    ends = np.stack([np.cos(heading), np.sin(heading)], axis=-1) * np.array(lengths)[:, None]
    np.testing.assert_allclose(bodies["finger"][:, :2, 3], ends.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(bodies["finger"][:, 0, 0], np.cos(heading[:, -1]), atol=1e-12)
    assert sum(lengths) == pytest.approx(0.24)


def test_joints_are_named_from_the_shoulder_on():
    assert [spec.name for spec in Arm().controls] == ["shoulder", "wrist"]
    assert [spec.name for spec in Arm(joints=3).controls] == ["shoulder", "elbow", "wrist"]
    assert {spec.unit for spec in Arm(joints=3).controls} == {"rad"}


@pytest.mark.slow
def test_raw_angles_wrap_after_a_turn_and_are_the_control_itself():
    z = np.random.default_rng(0).normal(size=(6, 2))
    with Arm(size=32) as world:
        np.testing.assert_array_equal(world.joint_angles(z), z)
        here, round_again = world.observe(z), world.observe(z + 2 * np.pi * np.array([1, -1]))
    assert np.abs(here.astype(int) - round_again).max() <= 1


def test_wrapping_takes_from_recovery_what_the_datasheet_says():
    """The best that can be known of z from its angle within a half turn is E[z | angle]; a linear probe knows less."""
    angle = np.linspace(-np.pi, np.pi, 20_001)
    turns = angle + 2 * np.pi * np.arange(-2, 3)[:, None]
    density = np.exp(-(turns**2) / 2) / np.sqrt(2 * np.pi)
    known = (density * turns).sum(axis=0) / density.sum(axis=0)
    best = trapezoid((density * (turns - known) ** 2).sum(axis=0), angle)
    assert 1 - best == pytest.approx(0.949, abs=5e-4)
    covariance, variance = (trapezoid((density * w).sum(axis=0), angle) for w in (turns * angle, angle**2))
    assert covariance**2 / variance == pytest.approx(0.935, abs=5e-4)
    assert trapezoid(density[[0, 1, 3, 4]].sum(axis=0), angle) == pytest.approx(0.0017, abs=5e-5)


@pytest.mark.slow
def test_squashed_angles_never_reach_a_half_turn_so_no_two_controls_share_a_picture():
    with Arm(size=64, angles="squash") as world:
        line = np.linspace(-4.0, 4.0, 81)
        angles = world.joint_angles(np.stack([line, line], axis=1))
        assert np.abs(angles).max() < np.pi
        assert (np.diff(angles, axis=0) > 0.0).all()
        for shoulder, wrist in ((1.0, 0.0), (0.0, 1.0)):
            frames = world.observe(line[:, None] * [shoulder, wrist]).reshape(81, -1)
            assert len(np.unique(frames, axis=0)) == 81


@pytest.mark.slow
def test_an_arm_of_three_joints_is_the_same_class_and_shows_another_arm():
    with Arm(size=32) as two, Arm(size=32, joints=3) as three:
        assert three.observation_shape == two.observation_shape
        assert not np.array_equal(two.observe(np.ones((1, 2))), three.observe(np.ones((1, 3))))
        assert two.fingerprint != three.fingerprint


@pytest.mark.slow
def test_fingerprints_tell_every_setting_apart():
    prints = [repr(Arm(**settings).fingerprint) for settings in ({}, {"angles": "squash"}, {"renderer": "mujoco"})]
    assert len(set(prints)) == 3


@pytest.mark.parametrize("z", [np.zeros((2, 3)), np.full((1, 2), np.nan), np.full((1, 2), np.inf)])
def test_controls_that_cannot_be_are_refused(z):
    with pytest.raises(InvalidValue, match="z = "):
        Arm().joint_angles(z)


def test_without_mujoco_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    assert len(WORLDS["arm"]().controls) == 2
    with pytest.raises(MissingDependency, match=r"worldprobe\[arm\]"):
        Arm().observe(np.zeros((1, 2)))


def test_inner_joints_stop_where_the_suites_wrist_stops():
    model = mujoco_model(3)
    assert model.jnt_limited.tolist() == [0, 1, 1]
    np.testing.assert_allclose(model.jnt_range[1:], [[-RANGE, RANGE]] * 2)
    assert mujoco_model(2, shoulder_limited=True).jnt_limited.tolist() == [1, 1]
