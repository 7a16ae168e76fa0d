"""A camera world's scene as the page shows it: what stands still, and each part that controls move, as `.glb` files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from worldprobe.render.glb import GlbPart, read_glb
from worldprobe.render.glb_writer import write_parts
from worldprobe.world.camera_world import CameraWorld

SKY = "sky"
"""What the sphere around a scene is called; it is seen from within."""


def outside_parts(world: CameraWorld) -> list[GlbPart]:
    """Return a scene's parts as they are to be seen from outside.

    Where every surface faces the places that the camera can go to, walls are left out from behind.
    """
    parts, moving = read_glb(world.glb), moving_names(world)
    if not getattr(world, "faces_camera", False):
        return parts
    inwards = {id(part.material): replace(part.material, double_sided=False) for part in parts}
    kept = {*moving, SKY}
    return [part if part.name in kept else replace(part, material=inwards[id(part.material)]) for part in parts]


def still_scene(world: CameraWorld) -> bytes:
    """Return what stands still."""
    moving = moving_names(world)
    if not moving and not getattr(world, "faces_camera", False):
        return nearest_levels(world.glb.read_bytes())
    return _written([part for part in outside_parts(world) if part.name not in moving])


def moving_scenes(world: CameraWorld) -> dict[str, bytes]:
    """Return each part that moves, where the file has it, by its name."""
    moving = moving_names(world)
    parts = read_glb(world.glb) if moving else []
    return {name: _written([part for part in parts if part.name == name]) for name in moving}


def moving_names(world: CameraWorld) -> tuple[str, ...]:
    """Return the names of the parts that a world's controls move: those of which it has poses."""
    return tuple(getattr(world, "moving", ())) if hasattr(world, "part_poses") else ()


def nearest_levels(glb: bytes) -> bytes:
    """Return a `.glb` file whose textures are shown from the nearer of two mipmap levels, as the encoders' frames are.

    In a browser that draws in software this saves two fifths of all work. The number has as many digits as the one that
    it replaces, so that nothing else in the file moves.
    """
    end = 20 + int.from_bytes(glb[12:16], "little")
    return re.sub(rb'("minFilter"\s*:\s*)9987', rb"\g<1>9985", glb[:end]) + glb[end:]


def _written(parts: Sequence[GlbPart]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "part.glb"
        write_parts(target, parts, {})
        return nearest_levels(target.read_bytes())
