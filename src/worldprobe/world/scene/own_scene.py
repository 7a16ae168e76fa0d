"""A scene as a world: the camera's controls are the manifest's, what is seen is the folder's .glb file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import Field, PrivateAttr

from worldprobe.render.camera import camera_to_world, level_axes
from worldprobe.render.lighting import Lighting
from worldprobe.world.baked_world import BakedWorld
from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.scene.light_controls import lighting, swatches
from worldprobe.world.scene.manifest import LIGHT, SCENE, Manifest, read_manifest
from worldprobe.world.scene.motion import part_poses
from worldprobe.world.scene.scene_raster import scene_raster
from worldprobe.world.world import WORLDS, Control

if TYPE_CHECKING:
    from worldprobe.render.raster import Raster
    from worldprobe.render.relit import RelitScene


@WORLDS.register("scene", files={".world": "file"})
class Scene(BakedWorld):
    """A scene of your own, made by `worldprobe scene FILE`: a camera moves through it.

    The controls are those that the scene's manifest lists, of truck, pedestal, dolly (m), yaw, pitch and roll
    (degrees), each within its own limit: the box that the camera can reach is free of surfaces.
    """

    file: str = Field(min_length=1, max_length=4096, description="the .world folder")

    _manifest: Manifest | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """The .world folder."""
        return Path(self.file).expanduser()

    @property
    def manifest(self) -> Manifest:
        """What the folder's manifest says; raises WorldprobeError where it is no world."""
        if self._manifest is None:
            self._manifest = read_manifest(self.folder)
        return self._manifest

    @property
    def controls(self) -> tuple[Control, ...]:
        """The manifest's controls, in its order."""
        return tuple(moved.control() for moved in self.manifest.controls)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The size, the camera and controls, the scene's SHA-256 and the GL driver; not where the folder lies."""
        manifest = self.manifest
        return {
            "scene": manifest.sha256,
            "size": self.size,
            "camera": manifest.camera.model_dump(exclude={"chosen_by"}),
            "far": manifest.far,
            "controls": [control.described() for control in self.controls],
            **self._moves(),
            **self._lights(),
            "driver": self._open_raster().driver,
        }

    def _moves(self) -> dict[str, Any]:
        """Return what else frames depend on where something but the camera moves."""
        manifest = self.manifest
        if not manifest.parts:
            return {}
        motions = {moved.name: moved.motion.model_dump() for moved in manifest.controls if moved.motion is not None}
        return {"motions": motions, "parts": [part.model_dump() for part in manifest.parts]}

    def _lights(self) -> dict[str, Any]:
        """Return what else frames depend on where light or colours change."""
        lit = {moved.name: moved.lit.model_dump(exclude={"colour"}) for moved in self.manifest.controls if moved.lit}
        return {"light": self.manifest.light.separate, "lit": lit} if self.manifest.light.separate else {}

    @property
    def glb(self) -> Path:
        """The scene as a `.glb` file."""
        return self.folder / SCENE

    @property
    def fov_degrees(self) -> float:
        """The vertical angle of view."""
        return float(self.manifest.camera.fov)

    @property
    def moving(self) -> tuple[str, ...]:
        """The parts of the scene that controls move."""
        return tuple(part.name for part in self.manifest.parts)

    @property
    def far(self) -> float:
        """Metres beyond which nothing is drawn."""
        return float(self.manifest.far)

    def cameras(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N 4 4"]:
        """Return the camera-to-world matrices of N control vectors."""
        values = checked_rows("z", z, len(self.controls))
        return placed_cameras(self.manifest, values)

    @property
    def faces_camera(self) -> bool:
        """Whether every surface faces the places that the camera can go to, as where light is baked."""
        return self.manifest.light.kind == "baked"

    def part_poses(self, z: Float[np.ndarray, "N n"]) -> dict[str, Float[np.ndarray, "N 4 4"]]:
        """Return the matrices that move the scene's parts, by their names, at N control vectors."""
        return part_poses(self.manifest, checked_rows("z", z, len(self.controls)))

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
        """Return the frames of N control vectors; raises InvalidValue for a wrong shape or non-finite values."""
        return self._open_raster().draw(self.cameras(z), self.part_poses(z), self.lighting(z))

    def lighting(self, z: Float[np.ndarray, "N n"]) -> Lighting | None:
        """Return how N control vectors light and paint the scene; None where neither changes."""
        return lighting(self.manifest, checked_rows("z", z, len(self.controls)))

    def swatches(self, z: Float[np.ndarray, "N n"]) -> dict[str, UInt8[np.ndarray, "N 3"]]:
        """Return the colour of every lamp and material that is a control, by its name, at N control vectors."""
        return swatches(self.manifest, checked_rows("z", z, len(self.controls)))

    def relit(self) -> RelitScene | None:
        """Return the scene as it is lit and painted view by view; None where neither changes."""
        from worldprobe.world.scene.lamp_textures import read_relit

        return None if self.manifest.light.separate is None else read_relit(self.glb, self.folder / LIGHT)

    def _made_raster(self) -> Raster:
        return scene_raster(self.folder, self.manifest, self.size)

    def hero(self) -> UInt8[np.ndarray, "H W 3"]:
        """Return a still of the scene from where the camera rests."""
        from worldprobe.render.raster import Raster

        manifest = self.manifest
        still = placed_cameras(manifest, np.zeros((1, len(manifest.controls))))
        with Raster.from_glb(self.glb, (720, 1280), manifest.camera.fov, far=manifest.far) as raster:
            return raster.draw(still)[0]  # what moves is in the file where it is at the centre of its range


def placed_cameras(manifest: Manifest, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N 4 4"]:
    """Return the camera-to-world matrices of a manifest's controls: moves are along the level axes of the rest pose."""
    camera = [(k, moved) for k, moved in enumerate(manifest.controls) if moved.is_cameras]
    physical = {moved.name: moved.control().physical(z[:, k]) for k, moved in camera}
    rest, still = manifest.camera, np.zeros(len(z))
    position = np.tile(np.array(rest.at, dtype=np.float64), (len(z), 1))
    for name, axis in zip(("truck", "dolly", "pedestal"), level_axes(rest.yaw), strict=True):
        position += physical.get(name, still)[:, None] * axis
    angles = (getattr(rest, name) + physical.get(name, still) for name in ("yaw", "pitch", "roll"))
    return camera_to_world(position, *angles)
