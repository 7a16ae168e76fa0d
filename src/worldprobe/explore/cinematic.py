"""The cinematic regime: a world filmed in the shots of a camera operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.errors import InvalidValue
from worldprobe.explore import camera_paths as paths
from worldprobe.explore.camera_paths import CAMERA_CONTROLS, KINDS, Point, ShotKind
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control

REACH = 3.0
"""How far an operator goes, as a control value: the track, the crane and the head end there."""

Metres = tuple[float, float, float]
SUBJECTS: tuple[Metres, ...] = (
    (0.1, 2.3, -0.3),
    (-1.5, 2.0, 0.1),
    (1.4, 2.2, -0.4),
    (0.7, 2.8, 0.5),
    (-0.8, 1.7, -0.6),
)
"""The lead comes first: subject i is framed with weight 1 / (i + 1)."""

MARKS = np.array([(0.0, -0.9, 0.1), (-1.0, 0.2, 0.3), (1.1, 0.3, -0.5), (0.4, -0.2, 1.0), (-0.5, 0.6, -0.9)])
"""The favourite set-ups: truck, dolly and pedestal as control values; mark i is chosen with weight 1 / (i + 1)."""

HANDHELD_METRES, HANDHELD_DEGREES, HANDHELD_FRAMES = 0.012, 0.4, 5.0
LEVEL_DEGREES = 0.3
FASTEST = (0.04, 2.0)
"""Metres and degrees a frame that an operator reaches at most; a shot too short for its way ends on the way."""
NEAREST_METRES = 0.5
"""A subject that the camera comes upon or passes is looked at as if it stayed this far ahead: no head spins around."""


@REGIMES.register("cinematic")
class Cinematic(Regime):
    """Biased exploration: the footage of a camera operator, in shots with cuts between them.

    A shot is an orbit, dolly, truck, crane, pan, tilt, push-in or a held frame that creeps, `shortest` to `longest`
    frames long, eased (smootherstep) between a hold at each end, on a tripod or handheld. Pairs are the frames `stride`
    apart within a shot, never across a cut. The biases are those of the trade: a few favourite set-ups, a subject in
    frame, so that yaw goes with truck and pitch against pedestal; slow moves; roll level to a fraction of a degree.

    For worlds with some of the camera controls truck, dolly, pedestal (metres), yaw, pitch, roll (degrees); other
    controls are held at 0. Every value lies within 3 standard deviations. Marginal and pair correlations have no closed
    form: see the measured ones.
    """

    stride: int = Field(4, ge=1, description="Frames between the members of a pair; 1 pairs neighbours, 24 a second.")
    shortest: int = Field(24, ge=2, description="Frames of the shortest shot.")
    longest: int = Field(120, ge=2, description="Frames of the longest shot.")
    handheld: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        0.35, description="Share of the shots that are handheld, with a centimetre and half a degree of sway."
    )
    loyalty: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        0.75, description="Share of the shots that start from one of the favourite set-ups; the others start anywhere."
    )
    subjects: tuple[Metres, ...] = Field(
        SUBJECTS,
        min_length=2,
        description="What is worth filming, the lead first: metres right, forwards and up of the camera at rest.",
    )

    @model_validator(mode="after")
    def _shots_hold_pairs(self) -> Cinematic:
        if self.longest < self.shortest:
            raise ImpossibleSetting("longest", self.longest, f"at least shortest = {self.shortest} frames")
        if self.stride >= self.shortest:
            raise ImpossibleSetting("stride", self.stride, f"less than shortest = {self.shortest} frames of a shot")
        return self

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Film `frames` frames, shot after shot; the last shot is cut where the frames end."""
        if frames <= self.stride:
            raise InvalidValue("frames", frames, f"more than the stride of {self.stride}")
        stage = Stage(controls, np.array(self.subjects))
        shots, starts, filmed = [], [], 0
        while filmed < frames:
            shot = self._shot(stage, rng)[: frames - filmed]
            starts.append(filmed + np.arange(max(len(shot) - self.stride, 0)))
            shots.append(shot)
            filmed += len(shot)
        first = np.concatenate(starts).astype(np.int64)
        return Pairs(stage.control_values(np.concatenate(shots)), np.stack([first, first + self.stride], axis=1))

    def _shot(self, stage: Stage, rng: np.random.Generator) -> Float[np.ndarray, "frames 6"]:
        """Return one shot: a way, travelled at a comfortable speed between two holds, level or by hand."""
        length = int(rng.integers(self.shortest, self.longest, endpoint=True))
        kind = stage.kinds[int(rng.choice(len(stage.kinds), p=stage.weights))]
        mark, subject, other = stage.set_up(self.loyalty, rng)
        begin, end = rng.uniform(0.0, 0.25, 2)
        progress = paths.smootherstep((np.linspace(0.0, 1.0, length) - begin) / (1.0 - begin - end))
        way = kind.move(paths.Take(mark, subject, other, stage.room), rng)
        speed = np.abs(np.diff(stage.path(*way(progress)), axis=0)).max(axis=0) / np.repeat(FASTEST, 3)
        path = stage.path(*way(progress / max(speed.max(), 1.0)))
        jitter = np.zeros((length, 6))
        jitter[:, 5] = LEVEL_DEGREES * rng.standard_normal()
        if rng.random() < self.handheld:
            jitter += paths.sway(length, HANDHELD_FRAMES, rng) * np.repeat([HANDHELD_METRES, HANDHELD_DEGREES], 3)
        return paths.confine(path + jitter, stage.reach)


class Stage:
    """A world as a camera crew sees it: which controls there are, how far each goes, where the subjects are."""

    def __init__(self, controls: Sequence[Control], subjects: Float[np.ndarray, "subjects 3"]) -> None:
        names = [spec.name for spec in controls]
        self.controls, self.subjects = controls, subjects
        self.columns = {name: names.index(name) for name in CAMERA_CONTROLS if name in names}
        self.kinds: list[ShotKind] = [kind for kind in KINDS.values() if kind.needs <= set(self.columns)]
        if len(self.kinds) < 2:
            raise InvalidValue(
                "regime", "cinematic", f"a world with camera controls ({', '.join(CAMERA_CONTROLS[:5])})",
                f"This world's controls are {', '.join(names) or 'none'}.",
            )  # fmt: skip
        weights = np.array([kind.weight for kind in self.kinds])
        self.weights = weights / weights.sum()
        self.room, self.reach = self._displacement(1.0)[:3], self._displacement(REACH)

    def _displacement(self, z: float) -> Float[np.ndarray, " 6"]:
        """Return the displacement from rest at control value z, 0 where the world lacks the control."""
        found = np.zeros(len(CAMERA_CONTROLS))
        for i, name in enumerate(CAMERA_CONTROLS):
            if name in self.columns:
                spec = self.controls[self.columns[name]]
                found[i] = spec.physical(np.array([z]))[0] - spec.centre
        return found

    def set_up(self, loyalty: float, rng: np.random.Generator) -> tuple[Point, Point, Point]:
        """Return where the camera starts, the subject it frames and another subject to turn to, in metres."""
        mark = rng.standard_normal(3)
        if rng.random() < loyalty:
            mark = MARKS[_favourite(len(MARKS), rng)] + 0.25 * mark
        here = _favourite(len(self.subjects), rng)
        other = (here + 1 + int(rng.integers(len(self.subjects) - 1))) % len(self.subjects)
        framing = 0.12 * rng.standard_normal(3)
        return mark * self.room, self.subjects[here] + framing, self.subjects[other] + framing

    def path(self, positions: paths.Points, targets: paths.Points) -> Float[np.ndarray, "frames 6"]:
        """Return the camera's path: positions within the set's bounds, angles that look at the targets from there."""
        positions = paths.confine(positions, self.reach[:3])
        ahead = targets.copy()
        ahead[:, 1] = np.maximum(targets[:, 1], positions[:, 1] + NEAREST_METRES)
        yaw, pitch = paths.look_at(positions, ahead)
        return np.column_stack([positions, yaw, pitch, np.zeros(len(yaw))])

    def control_values(self, path: Float[np.ndarray, "frames 6"]) -> Float[np.ndarray, "frames n"]:
        """Return the control values of a path, float32; controls that are not the camera's stay at 0."""
        z = np.zeros((len(path), len(self.controls)), dtype=np.float32)
        for i, name in enumerate(CAMERA_CONTROLS):
            if name in self.columns:
                spec = self.controls[self.columns[name]]
                z[:, self.columns[name]] = spec.standardised(spec.centre + path[:, i])
        return z


def _favourite(count: int, rng: np.random.Generator) -> int:
    """Draw one of `count` by rank: the first twice as often as the second, three times as often as the third."""
    weights = 1.0 / np.arange(1, count + 1)
    return int(rng.choice(count, p=weights / weights.sum()))
