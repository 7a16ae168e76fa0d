"""The rasteriser: thousands of frames a second of an unlit, baked scene, on a GPU or a CPU, without a display.

A scene is drawn into a stack of layers, one view to a layer, by one indirect draw per material that holds
only what each view may see; then one more draw averages the samples into an image that is read back as it is.

On a CPU two contexts take half of the views each, in a thread and on a display of their own (`render/egl.py`): Mesa
transforms vertices in one thread, and contexts on one display share one rasteriser, so that a core of two stood idle.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.render.camera import VERTICAL_FOV_DEGREES
from worldprobe.render.gl import APT_PACKAGES, DISPLAYS, open_context
from worldprobe.render.glb import GlbPart, read_glb
from worldprobe.render.lighting import Lighting
from worldprobe.render.meshes import MergedScene
from worldprobe.render.painter import FAR_METRES, Painter
from worldprobe.render.relit import RelitScene, RelitShape

__all__ = ["APT_PACKAGES", "Raster", "open_context"]

_REVISION = "2"
"""Goes up with every change to what is drawn: frames on disk are known by it."""
_FEWEST_VIEWS = 8  # a share; fewer are not worth another thread


class Raster:
    """Draws many views of textured triangles: 4 samples a pixel, mip-mapped, RGB uint8 with the origin at the top left.

    The same pose gives the same bytes for the same driver, alone or in any batch, in any order. Parts named in `moving`
    keep a matrix of their own, everything else is merged; a MergedScene names them itself. It owns OpenGL contexts,
    which belong to the thread that made it; close it, or use it as a context manager. Several may live in one process.

    `size` is the frame's side in pixels, or (height, width); `fov_degrees` is the vertical angle of view; nothing
    farther than `far` metres is drawn.
    Raises MissingDependency where moderngl or a driver is missing, InvalidValue for an impossible size or angle.
    """

    def __init__(
        self,
        scene: Sequence[GlbPart] | MergedScene | RelitScene,
        size: int | tuple[int, int],
        fov_degrees: float = VERTICAL_FOV_DEGREES,
        moving: Sequence[str] = (),
        far: float = FAR_METRES,
    ) -> None:
        self.height, self.width = (size, size) if isinstance(size, int) else size
        if not 1 <= min(self.height, self.width) <= max(self.height, self.width) <= 4096:
            raise InvalidValue("size", size, "from 1 to 4096 pixels")
        if not 0 < fov_degrees < 180:
            raise InvalidValue("fov_degrees", fov_degrees, "between 0 and 180")
        self._relit = scene if isinstance(scene, RelitScene) else None
        if not isinstance(scene, RelitScene | MergedScene):
            scene = MergedScene.of(scene, tuple(moving))
        self._rest = scene.rest if isinstance(scene, MergedScene) else {}
        self._owner = (os.getpid(), threading.get_ident())
        drawn = scene.shapes if isinstance(scene, MergedScene) else RelitShape.of(scene)
        settings = drawn, self.height, self.width, fov_degrees, self._rest, far
        self._painters = [Painter(*settings)]
        self._driver = self._painters[0].driver
        if self._painters[0].is_software:
            self._painters += [Painter(*settings, display) for display in range(1, DISPLAYS)]
        self._threads = ThreadPoolExecutor(len(self._painters), "raster")

    @classmethod
    def from_glb(
        cls,
        path: Path | str,
        size: int | tuple[int, int],
        fov_degrees: float = VERTICAL_FOV_DEGREES,
        moving: Sequence[str] = (),
        far: float = FAR_METRES,
    ) -> Raster:
        """Return the rasteriser of a `.glb` scene; raises DamagedData where the file cannot be read."""
        return cls(_merged(Path(path), tuple(moving)), size, fov_degrees, (), far)

    @property
    def driver(self) -> dict[str, str]:
        """What the frames' bytes depend on: the driver's renderer and version, and this rasteriser's revision."""
        return {**self._driver, "raster": _REVISION}

    @property
    def moving(self) -> tuple[str, ...]:
        """The names of the parts that `draw` can move."""
        return tuple(self._rest)

    def draw(
        self,
        camera_to_world: Float[np.ndarray, "N 4 4"],
        parts: Mapping[str, Float[np.ndarray, "N 4 4"]] | None = None,
        lighting: Lighting | None = None,
    ) -> UInt8[np.ndarray, "N H W 3"]:
        """Return the frames of N cameras; `parts` gives moving parts' matrices to the world for each of the N views.

        Cameras look down their -Z with +Y up and have no scale. A moving part that is not given stays where the file
        puts it. `lighting` says how each view of a relit scene is lit and painted; only such a scene takes it.
        Raises UnknownName for a part that does not move, InvalidValue for matrices of the wrong shape or not
        finite.
        """
        cameras = _checked("camera_to_world", camera_to_world, len(camera_to_world))
        poses = {name: _checked(name, pose, len(cameras)) for name, pose in (parts or {}).items()}
        for name in poses:
            if name not in self._rest:
                raise UnknownName("moving part", name, self._rest)
        self._check_lighting(lighting, len(cameras))
        if not self._painters:
            raise RuntimeError("this Raster is closed; make another")
        if self._owner != (os.getpid(), threading.get_ident()):
            raise RuntimeError("a Raster works only in the process and thread that made it; make one in each")
        frames = np.empty((len(cameras), self.height, self.width, 3), dtype=np.uint8)

        def draw_share(painter: Painter, share: slice) -> None:
            moved = {name: pose[share] for name, pose in poses.items()}
            painter.draw(cameras[share], moved, frames[share], None if lighting is None else lighting[share])

        used = self._painters[: max(1, len(cameras) // _FEWEST_VIEWS)]
        edges = np.linspace(0, len(cameras), len(used) + 1).astype(int)
        shares = [slice(start, stop) for start, stop in pairwise(edges)]
        list(self._threads.map(draw_share, used, shares))
        return frames

    def _check_lighting(self, lighting: Lighting | None, count: int) -> None:
        if self._relit is None and lighting is not None:
            raise InvalidValue("lighting", "given", "None", "The light of this scene is baked into its textures.")
        if self._relit is None:
            return
        lamps, paints = len(self._relit.irradiance), self._relit.paints
        found = None if lighting is None else (lighting.lamps.shape, lighting.hues.shape)
        needed = ((count, lamps, 3), (count, paints))
        if found != needed:
            raise InvalidValue("lighting", found, f"lamps and hues of shapes {needed}", "A relit scene needs them.")

    def close(self) -> None:
        """Give the OpenGL contexts back; the Raster cannot draw afterwards."""
        self._threads.shutdown()
        while self._painters:
            self._painters.pop().release()

    def __enter__(self) -> Raster:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _merged(path: Path, moving: tuple[str, ...]) -> MergedScene:
    """Return a file's scene, made ready once a process: for every world that shows it."""
    if path.suffix.lower() != ".glb" or not path.is_file():  # a .gltf has its buffers in other files
        return MergedScene.of(read_glb(path), moving)
    found = path.stat()
    return _merged_glb(path.resolve(), (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns), moving)


@lru_cache(maxsize=2)
def _merged_glb(path: Path, state: tuple[int, ...], moving: tuple[str, ...]) -> MergedScene:
    return MergedScene.of(read_glb(path), moving)


def _checked(name: str, matrices: Any, count: int) -> Float[np.ndarray, "N 4 4"]:
    values = np.asarray(matrices, dtype=np.float64)
    if values.shape != (count, 4, 4):
        raise InvalidValue(name, values.shape, f"a stack of matrices of shape ({count}, 4, 4)")
    if not np.isfinite(values).all():
        raise InvalidValue(name, "matrices with NaN or infinity", "finite numbers")
    return values
