"""MuJoCo's own renderer, without a display: the reference that the rasteriser is compared with, 30 times slower."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.errors import MissingDependency
from worldprobe.world.arm.model import import_mujoco, mujoco_model

_SYSTEM_LIBRARIES = "apt-get install -y --no-install-recommends libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri"
_MOST_GEOMS = 100

HERO_SIZE = (800, 1280)
HERO_POSTURE = {2: (-0.9, 1.3), 3: (-1.1, 0.9, 0.9)}


class MujocoRenderer:
    """Draws an MjModel, frame by frame, RGB uint8 with the origin at the top left; 4 samples a pixel, shadows, mirrors.

    It owns an OpenGL context on EGL, whatever MUJOCO_GL says. `segment` gives geoms' numbers instead of colours.
    Raises MissingDependency where mujoco, or EGL with a driver behind it, is missing.
    """

    def __init__(self, model: Any, height: int, width: int, shadows: bool = True, segment: bool = False) -> None:
        self.model, self.height, self.width = model, height, width
        self._mujoco = import_mujoco()
        self._gl: Any = _egl_context(width, height)
        self._gl.make_current()
        model.vis.global_.offwidth, model.vis.global_.offheight = width, height
        self._context = self._mujoco.MjrContext(model, self._mujoco.mjtFontScale.mjFONTSCALE_100)
        self._mujoco.mjr_setBuffer(self._mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = self._mujoco.MjvScene(model, _MOST_GEOMS)
        self._scene.flags[self._mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        for flag in ("mjRND_SEGMENT", "mjRND_IDCOLOR"):
            self._scene.flags[getattr(self._mujoco.mjtRndFlag, flag)] = segment

    def draw(self, angles: Float[np.ndarray, "N n"], camera: Any = "fixed") -> UInt8[np.ndarray, "N H W 3"]:
        """Return the frames of N postures, joint angles in radians; `camera` is the name of one or an MjvCamera."""
        seen, options, data = camera, self._mujoco.MjvOption(), self._mujoco.MjData(self.model)
        if isinstance(camera, str):
            seen = self._mujoco.MjvCamera()
            seen.type, seen.fixedcamid = self._mujoco.mjtCamera.mjCAMERA_FIXED, self.model.camera(camera).id
        port = self._mujoco.MjrRect(0, 0, self.width, self.height)
        frames = np.empty((len(angles), self.height, self.width, 3), dtype=np.uint8)
        self._gl.make_current()
        for frame, posture in zip(frames, angles, strict=True):
            data.qpos[:] = posture
            self._mujoco.mj_forward(self.model, data)
            everything = self._mujoco.mjtCatBit.mjCAT_ALL
            self._mujoco.mjv_updateScene(self.model, data, options, None, seen, everything, self._scene)
            self._mujoco.mjr_render(port, self._scene, self._context)
            self._mujoco.mjr_readPixels(frame, None, port, self._context)
        return frames[:, ::-1]

    @property
    def driver(self) -> dict[str, str]:
        """The OpenGL driver's renderer and version."""
        from OpenGL import GL

        self._gl.make_current()
        return {"renderer": GL.glGetString(GL.GL_RENDERER).decode(), "version": GL.glGetString(GL.GL_VERSION).decode()}

    def close(self) -> None:
        """Give the graphics context back."""
        if self._gl is not None:
            self._gl.make_current()
            self._context.free()
            self._gl.free()
            self._gl = None

    def __enter__(self) -> MujocoRenderer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def hero_still(joints: int) -> UInt8[np.ndarray, "800 1280 3"]:
    """Return the arm from the side, finely drawn; raises MissingDependency as the renderer does."""
    model, camera = mujoco_model(joints), import_mujoco().MjvCamera()
    quality = model.vis.quality
    quality.shadowsize, quality.offsamples, quality.numslices, quality.numstacks = 4096, 8, 64, 32
    camera.lookat, camera.distance, camera.azimuth, camera.elevation = (0.05, 0.0, 0.0), 0.52, 112.0, -52.0
    with MujocoRenderer(model, *HERO_SIZE) as renderer:
        picture: np.ndarray = renderer.draw(np.array([HERO_POSTURE[joints]]), camera)[0]
    return picture


def _egl_context(width: int, height: int) -> Any:
    try:
        from mujoco.egl import GLContext

        return GLContext(width, height)
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        what = f"EGL with an OpenGL driver (it answered: {error})"
        raise MissingDependency(what, "MuJoCo's own renderer", _SYSTEM_LIBRARIES) from error
