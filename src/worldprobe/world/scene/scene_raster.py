"""The rasteriser of a .world folder: with its light in one texture or, where light changes, lamp by lamp."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from worldprobe.world.scene.manifest import LIGHT, SCENE, Manifest

if TYPE_CHECKING:
    from worldprobe.render.raster import Raster


def scene_raster(folder: Path, manifest: Manifest, size: int) -> Raster:
    """Return the rasteriser of a folder's scene; raises DamagedData where its files cannot be read."""
    from worldprobe.render.raster import Raster
    from worldprobe.world.scene.lamp_textures import read_relit

    if manifest.light.separate is None:
        moving = [part.name for part in manifest.parts]
        return Raster.from_glb(folder / SCENE, size, manifest.camera.fov, moving, far=manifest.far)
    return Raster(read_relit(folder / SCENE, folder / LIGHT), size, manifest.camera.fov, far=manifest.far)
