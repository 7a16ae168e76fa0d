"""Worlds whose scene is baked: a camera moves through a `.glb` file, and the rasteriser draws what it sees."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, PrivateAttr

from worldprobe.render.camera import VERTICAL_FOV_DEGREES
from worldprobe.world.world import World

if TYPE_CHECKING:
    from worldprobe.render.raster import Raster


class BakedWorld(World):
    """A scene with its light in its textures, seen by a camera: frames are uint8 (N, size, size, 3).

    The rasteriser is opened when it is first needed, and given back by `close`.
    """

    size: int = Field(default=32, ge=8, le=1024, description="pixels of a frame's side")

    _raster: Raster | None = PrivateAttr(default=None)

    @property
    @abstractmethod
    def glb(self) -> Path:
        """The scene as a `.glb` file."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(size, size, 3)."""
        return (self.size, self.size, 3)

    @property
    def fov_degrees(self) -> float:
        """The vertical angle of view."""
        return VERTICAL_FOV_DEGREES

    @property
    def moving(self) -> tuple[str, ...]:
        """The names of the scene's parts that move."""
        return ()

    @property
    def far(self) -> float:
        """Metres beyond which nothing is drawn."""
        from worldprobe.render.painter import FAR_METRES

        return FAR_METRES

    def close(self) -> None:
        """Give back the graphics context."""
        if self._raster is not None:
            self._raster.close()
            self._raster = None

    def _open_raster(self) -> Raster:
        if self._raster is None:
            self._raster = self._made_raster()
        return self._raster

    def _made_raster(self) -> Raster:
        from worldprobe.render.raster import Raster

        return Raster.from_glb(self.glb, self.size, self.fov_degrees, self.moving, far=self.far)
