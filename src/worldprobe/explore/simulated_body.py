"""Regimes in which physics moves a body: a controller that reaches for targets, and motors that pull at random."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.explore.joints import Joints
from worldprobe.explore.ornstein_uhlenbeck import blocks, clip_index
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.arm.physics import Body
from worldprobe.world.world import Control

TARGETS_METRES = (0.05, 0.2)
"""How far from the shoulder the Control Suite puts its targets."""
_EPISODES_AT_ONCE = 500


class Episodes(Regime):
    """Episodes of an arm in MuJoCo's physics, from which pairs of frames `stride` control steps apart are taken.

    An episode begins at rest, every joint anywhere in its range. Angles count within a half turn of 0, as pictures show
    them: a pair that straddles the half turn is far apart in its control, as it is on the canonical test set.
    """

    stride: int = Field(16, ge=1, description="Control steps of 0.02 s between the members of a pair.")
    episode: int = Field(400, ge=2, description="Control steps of an episode; 50 are a second.")
    pairs: int = Field(
        10, ge=1, description="Pairs taken from an episode, at random times. Few show more of the world."
    )

    @model_validator(mode="after")
    def _episodes_hold_pairs(self) -> Episodes:
        room = self.episode + 1 - self.stride
        if room < self.pairs:
            raise ImpossibleSetting(
                "pairs",
                self.pairs,
                f"an episode of {self.episode} steps holds {max(room, 0)} pairs {self.stride} steps apart: lengthen "
                "`episode`, or lower `stride` or `pairs`",
            )
        return self

    @abstractmethod
    def body(self, joints: int, shoulder_limited: bool) -> Body:
        """Return the arm that is moved."""

    @abstractmethod
    def explore(self, body: Body, count: int, rng: np.random.Generator) -> Float[np.ndarray, "count times joints"]:
        """Return the joint angles over `count` episodes, at the start and after every control step."""

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Run as many episodes as `frames` frames need; MissingDependency where mujoco is not installed."""
        joints = Joints(REGIMES.name_of(type(self)), controls)
        body = self.body(joints.count, shoulder_limited=not joints.wrap)
        episodes = blocks(frames, 2 * self.pairs, joints.count)
        taken = []
        for start in range(0, episodes, _EPISODES_AT_ONCE):
            angles = self.explore(body, min(_EPISODES_AT_ONCE, episodes - start), rng)
            taken.append(self._pairs_of(angles, rng))
        values = joints.control_values(np.concatenate(taken).reshape(-1, joints.count)[:frames])
        return Pairs(values, clip_index(frames, clip=2))

    def _pairs_of(
        self, angles: Float[np.ndarray, "count times joints"], rng: np.random.Generator
    ) -> Float[np.ndarray, "count pairs 2 joints"]:
        """Return both members of pairs that begin at distinct random times of each episode."""
        count, times, _ = angles.shape
        first = rng.random((count, times - self.stride)).argsort(axis=1)[:, : self.pairs]
        episode = np.arange(count)[:, None]
        return np.stack([angles[episode, first], angles[episode, first + self.stride]], axis=2)


@REGIMES.register("policy")
class Policy(Episodes):
    """Purposeful exploration: an arm that reaches for one target after another.

    A controller, not a learned policy: inverse kinematics give a posture for each target, near the present one, and a
    servo (spring and brake, within the motors' torque) takes the arm there, in about a second. Targets lie 0.05 to
    0.2 m from the shoulder, as the Control Suite's do, in any direction. Reaching them keeps the arm bent: with two
    joints the wrist is mostly 1.2 to 2.7 rad to one side and hardly ever straight, so it seldom changes sides, while
    the shoulder goes anywhere. A pair of small stride hardly differs while the arm rests on a target.

    For worlds whose controls are an arm's joints. Marginal and pair correlations have no closed form: see the measured.
    """

    targets: int = Field(50, ge=1, description="Control steps after which the arm is given the next target.")

    def body(self, joints: int, shoulder_limited: bool) -> Body:
        """Return an arm with servos."""
        return Body(joints, shoulder_limited, servo=True)

    def explore(self, body: Body, count: int, rng: np.random.Generator) -> Float[np.ndarray, "count times joints"]:
        """Return the angles of arms that reach for a fresh target every so many steps."""
        states = body.anywhere(count, rng)
        seen = [body.angles(states)[:, None]]
        for start in range(0, self.episode, self.targets):
            moved = self.reach(body, states, draw_targets(count, rng), min(self.targets, self.episode - start))
            seen.append(body.angles(moved))
            states = moved[:, -1]
        return np.concatenate(seen, axis=1)

    def reach(
        self, body: Body, states: Float[np.ndarray, "N state"], targets: Float[np.ndarray, "N 2"], steps: int
    ) -> Float[np.ndarray, "N steps state"]:
        """Return the states after each of so many control steps towards targets, in metres from the shoulder."""
        posture = body.posture(body.angles(states), targets)
        return body.move(states, np.repeat(posture[:, None], steps, axis=1))


@REGIMES.register("random-torque")
class RandomTorque(Episodes):
    """Aimless exploration: motors that pull at random, as a random policy in a simulator does.

    Every motor's torque is uniform over its range, held for `hold` control steps, then drawn again; 2 is what
    stable-worldmodel's recordings of a random reacher do. The arm drifts from where its episode began: the shoulder is
    anywhere on its circle, the wrist anywhere up to its stops, both nearly uniform and wider than N(0, 1).

    For worlds whose controls are an arm's joints. Marginal and pair correlations have no closed form: see the measured.
    """

    hold: int = Field(2, ge=1, description="Control steps for which a torque is held.")
    strength: float = Field(1.0, gt=0.0, le=1.0, description="Share of the motors' torque that is used, in (0, 1].")

    def body(self, joints: int, shoulder_limited: bool) -> Body:
        """Return an arm with torque motors."""
        return Body(joints, shoulder_limited)

    def explore(self, body: Body, count: int, rng: np.random.Generator) -> Float[np.ndarray, "count times joints"]:
        """Return the angles of arms whose torques are piecewise constant."""
        states = body.anywhere(count, rng)
        pieces = rng.uniform(-self.strength, self.strength, (count, -(-self.episode // self.hold), body.joints))
        moved = body.move(states, np.repeat(pieces, self.hold, axis=1)[:, : self.episode])
        return np.concatenate([body.angles(states)[:, None], body.angles(moved)], axis=1)


def draw_targets(count: int, rng: np.random.Generator) -> Float[np.ndarray, "count 2"]:
    """Draw targets as the Control Suite does: direction and distance uniform."""
    direction, distance = rng.uniform(0.0, 2.0 * np.pi, count), rng.uniform(*TARGETS_METRES, count)
    return distance[:, None] * np.stack([np.cos(direction), np.sin(direction)], axis=1)
