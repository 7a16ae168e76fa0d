"""Worlds that are seen by a camera in a scene: what it takes to show the camera from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from worldprobe.render.camera import VERTICAL_FOV_DEGREES


@runtime_checkable
class CameraWorld(Protocol):
    """A world whose controls move a camera: where it is for given controls, and the scene that it sees.

    Any world with these two members is shown in 3-D by `worldprobe play`. Where its vertical angle of view is not the
    room's, it has a property `fov_degrees`, and `far` where its scene reaches farther, in metres.
    """

    @property
    def glb(self) -> Path:
        """The scene as a `.glb` file in Blender's frame: metres, +Z up, light baked into unlit textures."""
        ...

    def cameras(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N 4 4"]:
        """Return the camera-to-world matrices of N control vectors; a camera looks down its -Z with +Y up."""
        ...


def angle_of_view(world: CameraWorld) -> float:
    """Return a world's vertical angle of view, degrees: its own, or the room's."""
    return float(getattr(world, "fov_degrees", VERTICAL_FOV_DEGREES))
