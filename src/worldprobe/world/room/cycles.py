"""Whole datasets and stills path-traced by Cycles: a persistent Blender child, replaced every so many frames."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.render.lighting import Lighting
from worldprobe.world.room.child import BlenderProcess
from worldprobe.world.room.tracing import Tracing

FRAMES_PER_CHILD = 4000  # Blender's memory grows slowly with every frame that it saves
FRAMES_PER_REQUEST = 256


class CyclesRenderer:
    """Renders a room's frames with Cycles; the child starts on the first frame and is replaced after many.

    Every frame uses the same sampling seed, so a pose gives the same bytes alone, in any batch and in any child, and
    the remaining noise is a fixed function of the pose.
    """

    def __init__(self, room: str, threads: int | None = None) -> None:
        self._room, self._threads = room, threads
        self._child: BlenderProcess | None = None
        self._drawn = 0

    def render(
        self, camera_to_world: Float[np.ndarray, "N 4 4"], tracing: Tracing, lighting: Lighting | None = None
    ) -> UInt8[np.ndarray, "N H W 3"]:
        """Return N frames; raises MissingDependency without Blender, BlenderFailed where it dies."""
        frames = np.empty((len(camera_to_world), tracing.height, tracing.width, 3), dtype=np.uint8)
        for start in range(0, len(frames), FRAMES_PER_REQUEST):
            part = slice(start, start + FRAMES_PER_REQUEST)
            lit = None if lighting is None else lighting[part]
            frames[part] = self._open().render(camera_to_world[part], tracing, lit)
            self._drawn += len(frames[part])
        return frames

    def close(self) -> None:
        """End the child; rendering again starts another."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _open(self) -> BlenderProcess:
        if self._drawn >= FRAMES_PER_CHILD:
            self.close()
        if self._child is None:
            self._child, self._drawn = BlenderProcess(self._room, threads=self._threads), 0
        return self._child
