"""The room's Blender process: one room loaded, baked or rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe._util import cores
from worldprobe.render.lighting import Lighting
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

    def render(
        self, camera_to_world: Float[np.ndarray, "N 4 4"], tracing: Tracing, lighting: Lighting | None = None
    ) -> UInt8[np.ndarray, "N H W 3"]:
        """Return Cycles frames as displayed (sRGB), box-filtered, every one with the same sampling seed.

        `lighting` says how each of them is lit and painted, by the blueprint's lamp and paint groups.
        """
        cameras, frames, lit = (str(self.folder / name) for name in ("cameras.npy", "frames.npy", "lighting.npz"))
        np.save(cameras, np.asarray(camera_to_world, dtype=np.float64))
        if lighting is not None:
            np.savez(lit, lamps=lighting.lamps, hues=lighting.hues)
        given = "" if lighting is None else lit
        self.ask(do="render", cameras=cameras, frames=frames, tracing=asdict(tracing), lighting=given)
        rendered: np.ndarray = np.load(frames)
        return rendered

    def bake(
        self, size: int, samples: int, bounces: int, seed: int = 0, groups: Sequence[Sequence[int]] = ()
    ) -> dict[str, np.ndarray]:
        """Return `irradiance`, `colour`, `glow` (linear, S x S x 3) and `covered` (S x S): see `blender.bake`.

        With `groups` of lamps, given by their places in the blueprint, `irradiance` is (G, S, S, 3): one for each.
        """
        out, lit = self.folder / "light.npz", [list(group) for group in groups]
        self.ask(do="bake", size=size, samples=samples, bounces=bounces, seed=seed, light=str(out), groups=lit)
        with np.load(out) as arrays:
            return dict(arrays)
