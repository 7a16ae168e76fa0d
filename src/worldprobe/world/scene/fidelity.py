"""How near a world's frames are to those of its own scene by Cycles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.world.scene.light_controls import lighting
from worldprobe.world.scene.manifest import Fidelity, Manifest, rounded
from worldprobe.world.scene.motion import part_poses
from worldprobe.world.scene.own_scene import placed_cameras
from worldprobe.world.scene.psnr import psnr
from worldprobe.world.scene.scene_raster import scene_raster

SIDE, SAMPLES = 64, 64
"""Pixels of a compared frame's side, and paths that Cycles traces for each of them."""

Reference = tuple[Float[np.ndarray, "N n"], UInt8[np.ndarray, "N S S 3"]]
"""Control vectors, and Cycles' frames at them."""


def compared(folder: Path, manifest: Manifest, references: Mapping[str, Reference]) -> Fidelity | None:
    """Return the PSNR of what is drawn against each kind of reference; None without poses."""
    poses = len(references["matte"][0])
    if not poses:
        return None
    found = {}
    with scene_raster(folder, manifest, SIDE) as raster:
        for name, (z, frames) in references.items():
            drawn = raster.draw(placed_cameras(manifest, z), part_poses(manifest, z), lighting(manifest, z))
            found[name] = [rounded(float(value)) for value in psnr(drawn, frames)]
    return Fidelity(poses=poses, side=SIDE, **found)
