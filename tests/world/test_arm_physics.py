"""Arms in motion: MuJoCo's own steps, alone or among many; postures that reach."""

import os
import sys

import numpy as np
import pytest

from worldprobe.errors import MissingDependency
from worldprobe.world.arm.model import RANGE, STEP, TORQUE
from worldprobe.world.arm.physics import Body

mujoco = pytest.importorskip("mujoco")


@pytest.mark.parametrize("joints", [2, 3])
def test_many_arms_move_as_mujoco_steps_one(joints):
    body, rng = Body(joints), np.random.default_rng(0)
    states, torques = body.anywhere(5, rng), rng.uniform(-1, 1, (5, 60, joints))
    moved = body.angles(body.move(states, torques))
    data = mujoco.MjData(body._model)
    data.qpos[:] = body.angles(states)[3]
    for t in range(60):
        data.ctrl[:] = torques[3, t]
        mujoco.mj_step(body._model, data)
        np.testing.assert_array_equal(moved[3, t], data.qpos)
    assert data.time == pytest.approx(60 * STEP)


def test_an_arm_moves_the_same_alone_and_on_any_number_of_threads(monkeypatch):
    body, rng = Body(2), np.random.default_rng(1)
    states, torques = body.anywhere(40, rng), rng.uniform(-1, 1, (40, 200, 2))
    together = body.move(states, torques)
    np.testing.assert_array_equal(body.move(states[7:8], torques[7:8])[0], together[7])
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    np.testing.assert_array_equal(body.move(states, torques), together)


def test_arms_begin_at_rest_anywhere_in_their_range():
    states = Body(3).anywhere(4000, np.random.default_rng(2))
    angles = Body(3).angles(states)
    assert (states[:, 0] == 0).all()
    assert (states[:, 4:] == 0).all()
    np.testing.assert_allclose(np.abs(angles).max(axis=0), [np.pi, RANGE, RANGE], rtol=0.01)
    np.testing.assert_allclose(angles.std(axis=0), np.array([np.pi, RANGE, RANGE]) / np.sqrt(3), rtol=0.04)
    assert np.abs(Body(2, shoulder_limited=True).reach).max() == RANGE


@pytest.mark.parametrize(("joints", "reached"), [(2, 0.999), (3, 0.97)])
def test_a_posture_puts_the_fingertip_on_the_point(joints, reached):
    body, rng = Body(joints), np.random.default_rng(3)
    angles = body.angles(body.anywhere(2000, rng))
    direction, distance = rng.uniform(0, 2 * np.pi, 2000), rng.uniform(0.05, 0.2, 2000)
    points = distance[:, None] * np.stack([np.cos(direction), np.sin(direction)], axis=1)
    postures = body.posture(angles, points)
    assert (np.linalg.norm(body.fingertip(postures) - points, axis=1) < 0.004).mean() >= reached
    assert (np.abs(postures[:, 1:]) < RANGE).all()


def test_a_posture_of_two_links_obeys_the_law_of_cosines_on_the_side_where_the_arm_is():
    body = Body(2)
    angles = np.array([[0.4, 1.5], [0.4, -1.5], [-2.0, 0.5]])
    postures = body.posture(angles, np.tile([[0.0, 0.15]], (3, 1)))
    wrist = 2 * np.arccos(0.15 / 0.24)
    np.testing.assert_allclose(postures[:, 1], [wrist, -wrist, wrist], atol=1e-6)


def test_a_servo_arrives_at_its_posture_and_never_pulls_harder_than_a_motor():
    body, rng = Body(2, servo=True), np.random.default_rng(4)
    states = body.anywhere(50, rng)
    goal = body.angles(states) + rng.uniform(-0.5, 0.5, (50, 2))
    goal[:, 1] = np.clip(goal[:, 1], -2.6, 2.6)
    moved = body.angles(body.move(states, np.repeat(goal[:, None], 150, axis=1)))
    np.testing.assert_allclose(moved[:, -1], goal, atol=0.01)
    np.testing.assert_array_equal(body._model.actuator_forcerange, [[-TORQUE, TORQUE]] * 2)
    data = mujoco.MjData(body._model)
    data.ctrl[:] = 3.0
    mujoco.mj_forward(body._model, data)
    np.testing.assert_allclose(data.qfrc_actuator, TORQUE)


def test_stops_hold_inner_joints():
    body = Body(2)
    pulled = body.angles(body.move(body.anywhere(20, np.random.default_rng(5)), np.ones((20, 400, 2))))
    assert np.abs(pulled[:, -1, 1]).max() < RANGE + 0.2
    assert pulled[:, -1, 0].min() > 2 * np.pi  # nothing stops the shoulder


def test_without_mujoco_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingDependency, match=r"worldprobe\[arm\]"):
        Body(2)
