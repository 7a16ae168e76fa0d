"""Camera moves as an operator makes them: the camera's position and the point that it looks at, frame by frame.

Everything here is in physical displacements from the camera's rest, in the frame of `render/camera.py`: x to the right
(truck), y forward (dolly), z up (pedestal), in metres; yaw to the left, pitch up, roll to the right, in degrees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe._util.registry import Registry

Points = Float[np.ndarray, "frames 3"]
Point = Float[np.ndarray, " 3"]

CAMERA_CONTROLS = ("truck", "dolly", "pedestal", "yaw", "pitch", "roll")
"""The order of the columns of a path: the three of the position, then the three angles."""


Progress = Float[np.ndarray, " frames"]
"""How far along its way a shot is, frame by frame: from 0 to 1, or to less where the shot ends on the way."""

Way = Callable[[Progress], tuple[Points, Points]]
"""The way that a shot takes: from its progress to the camera's positions and the points that it looks at."""


@dataclass(frozen=True)
class Take:
    """What a shot starts from: the camera's mark, its subject, another subject, and how far the set lets it move.

    `room` is the typical displacement along x, y, z in metres, 0 where the world lacks that control.
    """

    mark: Point
    subject: Point
    other: Point
    room: Point


Move = Callable[[Take, np.random.Generator], Way]
"""A kind of shot: it chooses its way from a take."""


@dataclass(frozen=True)
class ShotKind:
    """A kind of shot: the controls without which it cannot be made, how often it is chosen, and its move."""

    needs: frozenset[str]
    weight: float
    move: Move


KINDS: Registry[ShotKind] = Registry("kind of shot")


def kind(name: str, needs: str, weight: float) -> Callable[[Move], Move]:
    """File a move under its name, with the controls that it needs (separated by spaces) and its weight."""

    def file(move: Move) -> Move:
        KINDS.register(name)(ShotKind(frozenset(needs.split()), weight, move))
        return move

    return file


def smootherstep(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return 6x^5 - 15x^4 + 10x^3 on [0, 1], constant outside: no jolt in speed or acceleration at either end."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def look_at(position: Points, target: Points) -> tuple[Float[np.ndarray, " frames"], Float[np.ndarray, " frames"]]:
    """Return the yaw and pitch, in degrees, that centre `target` in a level camera at `position`."""
    right, forward, up = (target - position).T
    return np.degrees(np.arctan2(-right, forward)), np.degrees(np.arctan2(up, np.hypot(right, forward)))


def sway(frames: int, width: float, rng: np.random.Generator) -> Float[np.ndarray, "frames 6"]:
    """Return smooth stationary noise of unit variance: white noise under a Gaussian window of `width` frames."""
    half = int(np.ceil(3.0 * width))
    window = np.exp(-0.5 * (np.arange(-half, half + 1) / width) ** 2)
    noise = rng.standard_normal((6, frames + 2 * half))
    return np.stack([np.convolve(row, window / np.linalg.norm(window), "valid") for row in noise], axis=1)


def confine(x: Float[np.ndarray, "frames k"], reach: Float[np.ndarray, " k"]) -> Float[np.ndarray, "frames k"]:
    """Bend displacements smoothly into (-reach, reach), nearly unchanged at the centre; a reach of 0 gives 0.

    A dolly track ends and a tripod head has stops: the operator slows down before them.
    """
    bent = np.zeros_like(x)
    free = reach > 0.0
    bent[:, free] = x[:, free] / np.sqrt(np.sqrt(1.0 + (x[:, free] / reach[free]) ** 4))
    return bent


@kind("orbit", needs="truck dolly yaw", weight=0.14)
def orbit(take: Take, rng: np.random.Generator) -> Way:
    """Circle around the subject at a constant distance, looking at it."""
    arc = np.radians(rng.uniform(15.0, 45.0) * rng.choice([-1.0, 1.0]))
    x, y, z = take.mark - take.subject

    def way(progress: Progress) -> tuple[Points, Points]:
        angle = (progress - 0.5) * arc
        circle = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1)
        return np.column_stack([circle, np.full(len(angle), z)]) + take.subject, _at(take.subject, progress)

    return way


@kind("dolly", needs="dolly", weight=0.16)
def dolly(take: Take, rng: np.random.Generator) -> Way:
    """Travel forwards or backwards with a fixed heading."""
    return _travel(take, _back_to_middle(take, 1, rng))


@kind("truck", needs="truck", weight=0.16)
def truck(take: Take, rng: np.random.Generator) -> Way:
    """Travel sideways with a fixed heading."""
    return _travel(take, _back_to_middle(take, 0, rng))


@kind("crane", needs="pedestal", weight=0.12)
def crane(take: Take, rng: np.random.Generator) -> Way:
    """Rise or sink while looking at the subject: the head tilts against the arm."""
    return _approach(take, take.mark + _back_to_middle(take, 2, rng))


@kind("pan", needs="yaw", weight=0.16)
def pan(take: Take, rng: np.random.Generator) -> Way:
    """Turn from one subject towards another, standing still."""
    return lambda progress: (_at(take.mark, progress), _line(take.subject, take.other, progress))


@kind("tilt", needs="pitch", weight=0.08)
def tilt(take: Take, rng: np.random.Generator) -> Way:
    """Look up or down at the subject, standing still."""
    height = np.array([0.0, 0.0, rng.uniform(0.3, 0.9) * rng.choice([-1.0, 1.0])])
    bottom, top = take.subject - height, take.subject + height / 2.0
    return lambda progress: (_at(take.mark, progress), _line(bottom, top, progress))


@kind("push-in", needs="dolly", weight=0.12)
def push_in(take: Take, rng: np.random.Generator) -> Way:
    """Move closer to the subject, looking at it."""
    return _approach(take, take.mark + rng.uniform(0.15, 0.45) * (take.subject - take.mark))


@kind("creep", needs="", weight=0.06)
def creep(take: Take, rng: np.random.Generator) -> Way:
    """Hold the frame, drifting a few centimetres."""
    return _approach(take, take.mark + 0.1 * take.room * rng.standard_normal(3))


def _at(point: Point, progress: Progress) -> Points:
    return np.repeat(point[None], len(progress), axis=0)


def _line(start: Point, end: Point, progress: Progress) -> Points:
    return start + progress[:, None] * (end - start)


def _travel(take: Take, travel: Point) -> Way:
    """Move and look along with the move: the heading stays."""
    return lambda progress: (
        _line(take.mark, take.mark + travel, progress),
        _line(take.subject, take.subject + travel, progress),
    )


def _approach(take: Take, end: Point) -> Way:
    """Move from the mark to `end`, looking at the subject."""
    return lambda progress: (_line(take.mark, end, progress), _at(take.subject, progress))


def _back_to_middle(take: Take, axis: int, rng: np.random.Generator) -> Point:
    """Return a travel along one axis, mostly towards the middle of the set, where there is room to move."""
    length = rng.uniform(0.8, 2.4) * take.room[axis]
    inwards = -np.sign(take.mark[axis]) or 1.0
    travel = np.zeros(3)
    travel[axis] = length * (inwards if rng.random() < 0.8 else -inwards)
    return travel
