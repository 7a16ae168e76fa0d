"""The room's Blender process: one room loaded, baked or rendered."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe._util import cores
from worldprobe.world.blender_child import BlenderChild, blender_version
from worldprobe.world.room.tracing import Tracing

__all__ = ["BlenderProcess", "blender_version"]


class BlenderProcess(BlenderChild):
    """One Blender child with one room loaded; a context manager. `threads` are Cycles' own (None: one a core).

    Raises MissingDependency where bpy is not installed, BlenderFailed with Blender's last lines where the child dies.
    """

    def __init__(self, room: str, *, with_atlas: bool = False, threads: int | None = None) -> None:
        super().__init__("worldprobe.world.room.blender")
        threads = threads or cores.available()
        self.version = str(self.ask(do="load", room=room, with_atlas=with_atlas, threads=threads)["version"])

    def render(self, camera_to_world: Float[np.ndarray, "N 4 4"], tracing: Tracing) -> UInt8[np.ndarray, "N H W 3"]:
        """Return Cycles frames as displayed (sRGB), box-filtered, every one with the same sampling seed."""
        cameras, frames = (str(self.folder / name) for name in ("cameras.npy", "frames.npy"))
        np.save(cameras, np.asarray(camera_to_world, dtype=np.float64))
        self.ask(do="render", cameras=cameras, frames=frames, tracing=asdict(tracing))
        rendered: np.ndarray = np.load(frames)
        return rendered

    def bake(self, size: int, samples: int, bounces: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Return `irradiance`, `colour`, `glow` (linear, S x S x 3) and `covered` (S x S): see `blender.bake`."""
        out = self.folder / "light.npz"
        self.ask(do="bake", size=size, samples=samples, bounces=bounces, seed=seed, light=str(out))
        with np.load(out) as arrays:
            return dict(arrays)
