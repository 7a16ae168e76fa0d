"""The arm in motion: MuJoCo's physics for many arms at once, and the postures that reach a point."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe._util import cores
from worldprobe.world.arm.model import CHAINS, RANGE, import_mujoco, mujoco_model

_ROUNDS, _DAMPING_METRES, _CLOSE_METRES = 40, 0.03, 0.001
_LONGEST_STEP, _LEAST_BEND, _COMFORTABLE_BEND, _SPARE = 0.4, 0.2, 1.0, 0.1
"""Radians: what a round turns a joint at most, how far inner joints are bent at first, how clear of stops they stay."""


class Body:
    """Many arms with the same joints, moved on together, one control step (0.02 s) at a time.

    `servo` and `shoulder_limited` are those of `mujoco_model`. What each arm does depends on its own state and commands
    alone: not on how many there are, nor on how many threads share the work.
    """

    def __init__(self, joints: int, shoulder_limited: bool = False, servo: bool = False) -> None:
        self.joints = joints
        self.reach = np.full(joints, RANGE)
        if not shoulder_limited:
            self.reach[0] = np.pi
        self._lengths = np.array([link.length for link in CHAINS[joints]])
        self._model = mujoco_model(joints, shoulder_limited, servo)

    def anywhere(self, count: int, rng: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """Return arms at rest, every joint uniform over its range: how the Control Suite begins an episode."""
        states = np.zeros((count, 1 + 2 * self.joints))  # time, angles, speeds
        states[:, 1 : 1 + self.joints] = rng.uniform(-self.reach, self.reach, (count, self.joints))
        return states

    def angles(self, states: Float[np.ndarray, "*n state"]) -> Float[np.ndarray, "*n joints"]:
        """Return the joint angles in radians; full turns of the shoulder add up."""
        return states[..., 1 : 1 + self.joints]

    def move(
        self, states: Float[np.ndarray, "N state"], commands: Float[np.ndarray, "N steps joints"]
    ) -> Float[np.ndarray, "N steps state"]:
        """Return the states after each of a number of control steps, with a command to every motor in each."""
        mujoco, threads = import_mujoco(), cores.available()
        from mujoco import rollout

        with rollout.Rollout(nthread=threads) as pool:
            data = [mujoco.MjData(self._model) for _ in range(threads)]
            after, _ = pool.rollout(self._model, data, states, commands)
        moved: np.ndarray = after
        return moved

    def posture(
        self, angles: Float[np.ndarray, "N joints"], points: Float[np.ndarray, "N 2"]
    ) -> Float[np.ndarray, "N joints"]:
        """Return joint angles that put the fingertip on a point, near the ones that the arm has.

        Damped least squares on the chain's plane geometry, within the joints' range; where that ends short of the point
        it begins again with all joints bent the way that the first one is, then the other way. The fingertip of the
        rare arm that is still short of it ends near it.
        """
        found, miss = self._towards(angles, points)
        for bend in (_COMFORTABLE_BEND, -_COMFORTABLE_BEND):
            short = miss > _CLOSE_METRES
            bent = angles[short]
            bent[:, 1:] = bend * np.copysign(1.0, bent[:, 1:2])
            again, still = self._towards(bent, points[short])
            nearer = still < miss[short]
            found[short] = np.where(nearer[:, None], again, found[short])
            miss[short] = np.where(nearer, still, miss[short])
        return found

    def fingertip(self, angles: Float[np.ndarray, "N joints"]) -> Float[np.ndarray, "N 2"]:
        """Return where the fingertip is, in metres from the shoulder."""
        return self._to_tip(angles)[:, 0]

    def _to_tip(self, angles: Float[np.ndarray, "N joints"]) -> Float[np.ndarray, "N joints 2"]:
        """Return the way from every joint to the fingertip."""
        heading = angles.cumsum(axis=1)
        links = self._lengths[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
        return links[:, ::-1].cumsum(axis=1)[:, ::-1]

    def _towards(
        self, angles: Float[np.ndarray, "N joints"], points: Float[np.ndarray, "N 2"]
    ) -> tuple[Float[np.ndarray, "N joints"], Float[np.ndarray, " N"]]:
        """Return where least squares from these angles leads, and by how many metres the fingertip misses the point."""
        limits = np.where(self.reach < np.pi, self.reach - _SPARE, np.inf)
        found = np.clip(angles, -limits, limits)
        straight = np.abs(found[:, 1:]) < _LEAST_BEND  # a straight arm cannot shorten by small steps
        found[:, 1:] = np.where(straight, np.copysign(_LEAST_BEND, found[:, 1:]), found[:, 1:])
        for _ in range(_ROUNDS):
            to_tip = self._to_tip(found)
            jacobian = np.stack([-to_tip[..., 1], to_tip[..., 0]], axis=1)
            gram = jacobian @ jacobian.transpose(0, 2, 1) + _DAMPING_METRES**2 * np.eye(2)
            missing = (points - to_tip[:, 0])[..., None]
            step = (jacobian.transpose(0, 2, 1) @ np.linalg.solve(gram, missing))[..., 0]
            found = np.clip(found + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), -limits, limits)
        return found, np.linalg.norm(points - self.fingertip(found), axis=1)
