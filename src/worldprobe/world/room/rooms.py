"""The rooms as worlds: what the camera's hidden controls are, and which renderer answers `observe`."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import Field, PrivateAttr

from worldprobe._util.files import file_sha256
from worldprobe.render.camera import camera_to_world
from worldprobe.render.lighting import Lighting
from worldprobe.world.baked_world import BakedWorld
from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.room.bake import baked_glb, hero_still
from worldprobe.world.room.blueprint import Blueprint, blueprint
from worldprobe.world.room.child import blender_version
from worldprobe.world.room.cycles import CyclesRenderer
from worldprobe.world.room.tracing import Tracing
from worldprobe.world.world import WORLDS, Control

TRUCK = Control("truck", "m", 0.5, "sideways, to the right", limit=1.5)
PEDESTAL = Control("pedestal", "m", 0.42, "up", limit=0.85)
DOLLY = Control("dolly", "m", 0.5, "forwards", limit=1.5)
YAW = Control("yaw", "degrees", 12.0, "pan to the left", limit=60.0)
PITCH = Control("pitch", "degrees", 6.0, "tilt up", limit=28.0)
ROLL = Control("roll", "degrees", 7.0, "lean to the right", limit=30.0)
WIDE_YAW = Control("yaw", "degrees", 65.0, "pan to the left", limit=200.0)

AXES = {"truck": 0, "dolly": 1, "pedestal": 2}


class RoomWorld(BakedWorld):
    """A room seen by a camera: position and angles are the controls, frames are uint8 (N, size, size, 3).

    `renderer` "raster" draws the baked room, thousands of frames a second; "cycles" path-traces every frame with
    `samples` paths a pixel and `bounces`. Frames do not depend on the batch that they are drawn in.
    """

    room_name: ClassVar[str]

    renderer: Literal["raster", "cycles"] = Field("raster", description="what draws; cycles traces paths, in Blender")
    samples: int = Field(default=4, ge=1, le=4096, description="paths that cycles traces for a pixel")
    bounces: int = Field(default=2, ge=0, le=32, description="diffuse bounces that cycles follows")

    _cycles: CyclesRenderer | None = PrivateAttr(default=None)

    @property
    @abstractmethod
    def controls(self) -> tuple[Control, ...]:
        """The camera's hidden controls."""

    @property
    def plan(self) -> Blueprint:
        """The room's blueprint."""
        return blueprint(self.room_name)

    @property
    def glb(self) -> Path:
        """The baked room as a `.glb` file; raises MissingDependency where Blender must bake it and is missing."""
        return baked_glb(self.room_name)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The settings, and the baked file's SHA-256 and GL driver, or the recipe and Blender's version."""
        if self.renderer == "raster":
            made = {"glb": file_sha256(self.glb), "driver": self._open_raster().driver}
        else:
            made = {"recipe": self.plan.recipe, "blender": blender_version()}
        controls = [control.described() for control in self.controls]
        return {"room": self.room_name, "settings": self.settings(), "controls": controls, **made}

    def hero(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return a path-traced picture of the room from its best side: the shipped one while it is the recipe's.

        Raises MissingDependency where it must be rendered and Blender is not installed.
        """
        return hero_still(self.room_name)

    def cameras(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N 4 4"]:
        """Return the camera-to-world matrices of N control vectors."""
        values = checked_rows("z", z, len(self.controls))
        physical = {c.name: c.physical(values[:, k]) for k, c in enumerate(self.controls)}
        position = np.tile(np.array(self.plan.rest), (len(values), 1))
        for name, axis in AXES.items():
            position[:, axis] += physical.get(name, 0.0)
        still = np.zeros(len(values))
        return camera_to_world(position, *(physical.get(name, still) for name in ("yaw", "pitch", "roll")))

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
        """Return the frames of N control vectors; raises InvalidValue for a wrong shape or non-finite values."""
        cameras, lighting = self.cameras(z), self.lighting(z)
        if self.renderer == "raster":
            return self._open_raster().draw(cameras, lighting=lighting)
        tracing = Tracing(self.size, self.size, self.samples, self.bounces)
        return self._open_cycles().render(cameras, tracing, lighting)

    def lighting(self, z: Float[np.ndarray, "N n"]) -> Lighting | None:
        """Return how N control vectors light and paint the room; None where it is always lit as it was baked."""
        return None

    def still(
        self, z: Float[np.ndarray, " n"], width: int, height: int, samples: int = 64
    ) -> UInt8[np.ndarray, "height width 3"]:
        """Return one path-traced, denoised picture of any size; the vertical angle of view is the world's own."""
        camera = self.cameras(np.asarray(z)[None])
        frames = self._open_cycles().render(camera, Tracing(width, height, samples, bounces=6, denoise=True))
        picture: np.ndarray = frames[0]
        return picture

    def close(self) -> None:
        """Give back the graphics context and the Blender process."""
        super().close()
        if self._cycles is not None:
            self._cycles.close()
            self._cycles = None

    def _open_cycles(self) -> CyclesRenderer:
        if self._cycles is None:
            self._cycles = CyclesRenderer(self.room_name)
        return self._cycles


@WORLDS.register("room")
class Room(RoomWorld):
    """A furnished living room; six controls, all of the camera's freedom.

    | index | control | unit | scale | limit |
    |---|---|---|---|---|
    | 0 | truck | m | 0.5 | 1.5 |
    | 1 | pedestal | m | 0.42 | 0.85 |
    | 2 | dolly | m | 0.5 | 1.5 |
    | 3 | yaw | degrees | 12 | 60 |
    | 4 | pitch | degrees | 6 | 28 |
    | 5 | roll | degrees | 7 | 30 |
    """

    room_name: ClassVar[str] = "room"

    @property
    def controls(self) -> tuple[Control, ...]:
        """truck, pedestal, dolly, yaw, pitch, roll."""
        return (TRUCK, PEDESTAL, DOLLY, YAW, PITCH, ROLL)


@WORLDS.register("room-scoped")
class ScopedRoom(RoomWorld):
    """The furnished room with three controls: truck and dolly (m, scale 0.5, limit 1.5), yaw (degrees, 12, 60)."""

    room_name: ClassVar[str] = "room"

    @property
    def controls(self) -> tuple[Control, ...]:
        """truck, dolly, yaw."""
        return (TRUCK, DOLLY, YAW)


@WORLDS.register("room-symmetric")
class SymmetricRoom(RoomWorld):
    """A room in which yaw and yaw + 90 degrees show the same at the centre; six controls.

    As `room`, but for yaw, whose scale is 65 degrees and limit 200: a quarter turn is well inside what is explored, and
    no encoder can distinguish the quarters.
    """

    room_name: ClassVar[str] = "symmetric"

    @property
    def controls(self) -> tuple[Control, ...]:
        """truck, pedestal, dolly, yaw (wide), pitch, roll."""
        return (TRUCK, PEDESTAL, DOLLY, WIDE_YAW, PITCH, ROLL)
