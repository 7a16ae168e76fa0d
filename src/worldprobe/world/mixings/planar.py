"""The paper's three closed-form mixings of the plane (arXiv 2605.26379, section on 2-D mixings): n = 2."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from pydantic import field_validator

from worldprobe.world.mixings.mixing import Mixing
from worldprobe.world.world import WORLDS


class PlaneMixing(Mixing):
    """A mixing of two controls, z1 and z2, that preserves area: det J = 1 everywhere."""

    @field_validator("n")
    @classmethod
    def _in_the_plane(cls, n: int) -> int:
        if n != 2:
            raise ValueError("this mixing is of the plane, n = 2; `additive-coupling` takes any even n")
        return n


@WORLDS.register("spiral")
class Spiral(PlaneMixing):
    """x = R(pi |z|) z: every circle about the origin turns by pi times its radius; R turns counter-clockwise.

    | index | control | unit | range |
    |---|---|---|---|
    | 0, 1 | z1, z2 | none | R |
    """

    def _mix(self, z: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
        return _turned(z, np.pi * np.hypot(z[:, 0], z[:, 1]))

    def _inverse(self, x: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
        return _turned(x, -np.pi * np.hypot(x[:, 0], x[:, 1]))


def _turned(points: Float64[np.ndarray, "N 2"], angle: Float64[np.ndarray, " N"]) -> Float64[np.ndarray, "N 2"]:
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = points.T
    return np.stack([cos * first - sin * second, sin * first + cos * second], axis=1)


@WORLDS.register("banana")
class Banana(PlaneMixing):
    """x = (z1, z2 + z1^2): a quadratic shear, whose lines of constant x2 are parabolas.

    | index | control | unit | range |
    |---|---|---|---|
    | 0, 1 | z1, z2 | none | R |
    """

    def _mix(self, z: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
        return np.stack([z[:, 0], z[:, 1] + z[:, 0] ** 2], axis=1)

    def _inverse(self, x: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
        return np.stack([x[:, 0], x[:, 1] - x[:, 0] ** 2], axis=1)


@WORLDS.register("sinusoid")
class Sinusoid(PlaneMixing):
    """x = (z1 + sin(1.5 z2), z2): a sinusoidal shear.

    | index | control | unit | range |
    |---|---|---|---|
    | 0, 1 | z1, z2 | none | R |
    """

    def _mix(self, z: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
        return np.stack([z[:, 0] + np.sin(1.5 * z[:, 1]), z[:, 1]], axis=1)

    def _inverse(self, x: Float64[np.ndarray, "N 2"]) -> Float64[np.ndarray, "N 2"]:
        return np.stack([x[:, 0] - np.sin(1.5 * x[:, 1]), x[:, 1]], axis=1)
