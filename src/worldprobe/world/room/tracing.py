"""How Cycles makes a picture: the settings that the Blender process, its parent and the worlds share."""

from __future__ import annotations

from dataclasses import dataclass

from worldprobe.render.camera import VERTICAL_FOV_DEGREES


@dataclass(frozen=True)
class Tracing:
    """Pixels, paths a pixel, diffuse bounces, the sampling seed of every frame, the vertical angle of view."""

    width: int
    height: int
    samples: int
    bounces: int = 4
    denoise: bool = False
    seed: int = 0
    fov_degrees: float = VERTICAL_FOV_DEGREES
