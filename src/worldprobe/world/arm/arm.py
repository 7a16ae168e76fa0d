"""The arm as a world: what its hidden controls are, and which renderer answers `observe`."""

from __future__ import annotations

import hashlib
from math import inf, pi
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import Field, PrivateAttr

from worldprobe.render.glb import GlbPart
from worldprobe.world.arm.model import CAMERA_HEIGHT, CHAINS, FOV_DEGREES, import_mujoco, mjcf, mujoco_model
from worldprobe.world.arm.reference import MujocoRenderer, hero_still
from worldprobe.world.arm.scene import arm_parts, poses
from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.world import WORLDS, Control, World


@WORLDS.register("arm")
class Arm(World):
    """A robot arm on a table, seen from above: the reacher of the DeepMind Control Suite, its joints' angles hidden.

    | index | control | unit | scale | limit |
    |---|---|---|---|---|
    | 0 | shoulder | rad | 1 | none, or pi |
    | (1) | (elbow, of three joints) | rad | 1 | none, or pi |
    | last | wrist | rad | 1 | none, or pi |

    `joints` 3 divides the same reach among three links. The target stays at (0.1, 0.1) and hides what passes under it.

    `angles` "wrap" is the paper's map (arXiv 2605.26379): the control is the angle in radians. Beyond a half turn the
    picture repeats, for 0.17 % of canonical values of each control, and no function of the picture can reach an R^2
    above 0.949 (a linear probe on the angle within a half turn: 0.935). "squash" takes the line smoothly into the open
    half turns, so every control has a picture of its own and R^2 can reach 1. Both ignore that the body's inner joints
    stop at 160 degrees: no physics is at work in a picture, and that stop is felt by regimes of a body alone.

    `renderer` "raster" draws thousands of frames a second; "mujoco" is MuJoCo's own renderer, with its shadows.
    """

    size: int = Field(default=64, ge=8, le=1024, description="pixels of a frame's side")
    joints: Literal[2, 3] = Field(2, description="joints, and links, of the arm")
    angles: Literal["wrap", "squash"] = Field("wrap", description="whether controls beyond a half turn wrap around")
    renderer: Literal["raster", "mujoco"] = Field("raster", description="what draws; mujoco is 30 times slower")

    _model: Any = PrivateAttr(default=None)
    _raster: Any = PrivateAttr(default=None)
    _reference: MujocoRenderer | None = PrivateAttr(default=None)

    @property
    def controls(self) -> tuple[Control, ...]:
        """The joints' angles, from the shoulder on."""
        limit = pi if self.angles == "squash" else inf
        return tuple(
            Control(link.joint, "rad", 1.0, f"turn of the {link.name}, counter-clockwise", limit=limit, period=2 * pi)
            for link in CHAINS[self.joints]
        )

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(size, size, 3)."""
        return (self.size, self.size, 3)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The settings, the body, MuJoCo's version, the driver, and the hash of the parts that are drawn."""
        controls = [control.described() for control in self.controls]
        made: dict[str, Any] = {"mjcf": mjcf(self.joints), "mujoco": import_mujoco().__version__}
        if self.renderer == "raster":
            made |= {"parts": _sha256(self._parts()), "driver": self._open_raster().driver}
        else:
            made |= {"driver": self._open_reference().driver}
        return {"settings": self.settings(), "controls": controls, **made}

    def hero(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return a picture of the whole arm from the side, by MuJoCo's renderer; MissingDependency without EGL."""
        return hero_still(self.joints)

    def joint_angles(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N n"]:
        """Return the joint angles of N control vectors in radians.

        Raises InvalidValue for a wrong shape or values that are not finite.
        """
        values = checked_rows("z", z, self.joints)
        return np.stack([spec.physical(column) for spec, column in zip(self.controls, values.T, strict=True)], axis=1)

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
        """Return the frames of N control vectors; raises InvalidValue for a wrong shape or non-finite values."""
        angles = self.joint_angles(z)
        if self.renderer == "mujoco":
            return self._open_reference().draw(angles)
        cameras = np.tile(np.eye(4), (len(angles), 1, 1))
        cameras[:, 2, 3] = CAMERA_HEIGHT
        frames: np.ndarray = self._open_raster().draw(cameras, self.body_poses(angles))
        return frames

    def body_poses(self, angles: Float[np.ndarray, "N n"]) -> dict[str, Float[np.ndarray, "N 4 4"]]:
        """Return where MuJoCo's kinematics puts every link and the finger, as matrices to the world."""
        mujoco, model = import_mujoco(), self._open_model()
        data = mujoco.MjData(model)
        positions, rotations = np.empty((len(angles), model.nbody, 3)), np.empty((len(angles), model.nbody, 9))
        for i, posture in enumerate(angles):
            data.qpos[:] = posture
            mujoco.mj_kinematics(model, data)
            positions[i], rotations[i] = data.xpos, data.xmat
        matrices = poses(positions, rotations)
        return {model.body(body).name: matrices[:, body] for body in range(1, model.nbody)}

    def close(self) -> None:
        """Give back the graphics contexts."""
        if self._raster is not None:
            self._raster.close()
            self._raster = None
        if self._reference is not None:
            self._reference.close()
            self._reference = None

    def _parts(self) -> list[GlbPart]:
        return arm_parts(import_mujoco(), self._open_model())

    def _open_model(self) -> Any:
        if self._model is None:
            self._model = mujoco_model(self.joints)
        return self._model

    def _open_raster(self) -> Any:
        if self._raster is None:
            from worldprobe.render.raster import Raster

            moving = [*(link.name for link in CHAINS[self.joints]), "finger"]
            self._raster = Raster(self._parts(), self.size, FOV_DEGREES, moving)
        return self._raster

    def _open_reference(self) -> MujocoRenderer:
        if self._reference is None:
            self._reference = MujocoRenderer(mujoco_model(self.joints), self.size, self.size)
        return self._reference


def _sha256(parts: list[GlbPart]) -> str:
    """Return the hash of everything that is drawn."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part.name.encode())
        for array in (part.positions, part.uv, part.triangles, part.material.image, part.to_world):
            hashed.update(np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()
