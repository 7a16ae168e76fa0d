"""Pictures of the scene by Cycles: reference views, the sky around it, and light as its own display shows it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix
from PIL import Image


def rendered(cameras: np.ndarray, side: int, fov: float, metres: float) -> np.ndarray:
    """Return frames as displayed, (N, side, side, 3), of camera-to-world matrices in metres."""
    scene = bpy.context.scene
    camera = _camera()
    camera.data.type, camera.data.sensor_fit = "PERSP", "VERTICAL"
    camera.data.angle = np.radians(fov)  # of the side that the line above chose
    frames = np.zeros((len(cameras), side, side, 3), np.uint8)
    scene.render.resolution_x = scene.render.resolution_y = side
    for k, matrix in enumerate(cameras):
        moved = np.array(matrix)
        moved[:3, 3] /= metres
        camera.matrix_world = Matrix(moved.tolist())
        frames[k] = _frame()
    return frames


def sky(height: int) -> np.ndarray | None:
    """Return what is seen behind everything, (height, 2 height, 3), as displayed; None where it is black.

    Column 0 looks along -Y and turns to the left (counter-clockwise from above), as `render.dome` draws it.
    """
    scene = bpy.context.scene
    camera = _camera()
    camera.data.type, camera.data.panorama_type = "PANO", "EQUIRECTANGULAR"
    camera.matrix_world = Matrix.Rotation(np.pi / 2, 4, "X")
    hidden = [thing for thing in bpy.context.view_layer.objects if not thing.hide_render and thing != camera]
    for thing in hidden:
        thing.hide_render = True
    scene.render.resolution_x, scene.render.resolution_y = 2 * height, height
    try:
        frame = _frame()
    finally:
        for thing in hidden:
            thing.hide_render = False
    return frame if frame.max() > 0 else None


def displayed(light: np.ndarray) -> np.ndarray:
    """Return linear light (H, W, 3) as the scene's colour management shows it, uint8."""
    height, width, _ = light.shape
    image = bpy.data.images.new("wp display", width, height, float_buffer=True)
    image.colorspace_settings.name = "Linear Rec.709"
    pixels = np.dstack([light[::-1], np.ones((height, width))]).astype(np.float32)
    image.pixels.foreach_set(pixels.ravel())
    try:
        return _saved(lambda path: image.save_render(path, scene=bpy.context.scene))
    finally:
        bpy.data.images.remove(image)


def _camera() -> Any:
    scene = bpy.context.scene
    camera = bpy.data.objects.get("wp camera")
    if camera is None:
        camera = bpy.data.objects.new("wp camera", bpy.data.cameras.new("wp camera"))
        camera.data.clip_start, camera.data.clip_end = 0.001, 1e6
        scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _frame() -> np.ndarray:
    scene = bpy.context.scene
    scene.render.resolution_percentage = 100

    def render(path: str) -> None:
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True)

    return _saved(render)


def _saved(write: Any) -> np.ndarray:
    settings = bpy.context.scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth, settings.compression = "PNG", "RGB", "8", 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.png"
        write(str(path))
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
