"""The rasteriser: thousands of frames a second of an unlit, baked scene, on a GPU or a CPU, without a display.

A scene is drawn into a stack of layers, one view to a layer, by one indirect draw per material that holds
only what each view may see; then one more draw averages the samples into an image that is read back as it is.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.errors import InvalidValue, MissingDependency, UnknownName
from worldprobe.worlds.camera import VERTICAL_FOV_DEGREES
from worldprobe.worlds.clusters import Clusters, clustered, visible_runs
from worldprobe.worlds.glb import Material, Part, read_glb
from worldprobe.worlds.layers import GRID, LayeredTarget
from worldprobe.worlds.mipmaps import mip_chain

APT_PACKAGES = ("libegl1", "libgl1", "libegl-mesa0", "libgl1-mesa-dri")
NEAR_METRES, FAR_METRES = 0.02, 50.0
_BATCH_BYTES = 16 << 20
_SAMPLE_BYTES = 8
_INSTANCE = np.dtype([("clip_from_local", "f4", (4, 4)), ("layer", "i4")])

_SCENE_VERTEX = """
#version 410
#extension GL_ARB_shader_viewport_layer_array : require
in vec3 position; in vec2 uv; in mat4 clip_from_local; in int layer;
out vec2 at;
void main() { gl_Position = clip_from_local * vec4(position, 1.0); gl_Layer = layer; at = uv; }
"""
# Filtering a texture averages over more than a sample's share of it; a bias of -0.5 levels makes up for that. Of two
# levels the nearer is taken: four samples a pixel smooth the seam, and it saves a fifth of all work for 0.04 dB.
_SCENE_FRAGMENT = """
#version 410
uniform sampler2D surface;
in vec2 at;
out vec4 colour;
void main() { colour = texture(surface, at, -0.5); }
"""
_RESOLVE_VERTEX = """
#version 410
void main() { gl_Position = vec4(vec2((gl_VertexID << 1) & 2, gl_VertexID & 2) * 2.0 - 1.0, 0.0, 1.0); }
"""
# Light adds up linearly, display values do not: the mean of the samples is taken of their squares, which is nearly the
# sRGB curve. Layers land one below the other, each with its first row on top, so what is read back is (N, H, W, 4).
_RESOLVE_FRAGMENT = """
#version 410
uniform sampler2DArray samples;
uniform int left, height;
out vec4 colour;
void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    ivec3 at = ivec3(left + 2 * pixel.x, 2 * (height - 1 - pixel.y % height), pixel.y / height);
    vec4 a = texelFetch(samples, at, 0), b = texelFetch(samples, at + ivec3(1, 0, 0), 0);
    vec4 c = texelFetch(samples, at + ivec3(0, 1, 0), 0), d = texelFetch(samples, at + ivec3(1, 1, 0), 0);
    colour = sqrt((a * a + b * b + c * c + d * d) * 0.25);
}
"""


class Raster:
    """Draws many views of textured triangles: 4 samples a pixel, mip-mapped, RGB uint8 with the origin at the top left.

    The same pose gives the same bytes for the same driver, alone or in any batch, in any order. Parts named in `moving`
    keep a matrix of their own, everything else is merged. It owns an OpenGL context, which belongs to the thread that
    made it; close it, or use it as a context manager. Several may live in one process.

    `size` is the frame's side in pixels, or (height, width); `fov_degrees` is the vertical angle of view.
    Raises MissingDependency where moderngl or a driver is missing, InvalidValue for an impossible size or angle.
    """

    def __init__(
        self,
        scene: Sequence[Part],
        size: int | tuple[int, int],
        fov_degrees: float = VERTICAL_FOV_DEGREES,
        moving: Sequence[str] = (),
    ) -> None:
        self.height, self.width = (size, size) if isinstance(size, int) else size
        if not 1 <= min(self.height, self.width) <= max(self.height, self.width) <= 4096:
            raise InvalidValue("size", size, "from 1 to 4096 pixels")
        if not 0 < fov_degrees < 180:
            raise InvalidValue("fov_degrees", fov_degrees, "between 0 and 180")
        self._clip_from_camera = _projection(fov_degrees, self.width / self.height)
        named = {part.name: part.to_world for part in scene}
        for name in moving:
            if name not in named:
                raise UnknownName("part", name, named)
        self._rest = {name: named[name] for name in moving}
        self._owner = (os.getpid(), threading.get_ident())
        self._context: Any = open_context()
        with self._context:
            info = self._context.info
            self._driver = {"renderer": info["GL_RENDERER"], "version": info["GL_VERSION"]}
            self._make_target()
            self._make_scene(scene)

    @classmethod
    def from_glb(
        cls,
        path: Path | str,
        size: int | tuple[int, int],
        fov_degrees: float = VERTICAL_FOV_DEGREES,
        moving: Sequence[str] = (),
    ) -> Raster:
        """Return the rasteriser of a `.glb` scene; raises DamagedData where the file cannot be read."""
        return cls(read_glb(Path(path)), size, fov_degrees, moving)

    @property
    def driver(self) -> dict[str, str]:
        """The driver's renderer and version, on which the frames' bytes depend."""
        return dict(self._driver)

    @property
    def moving(self) -> tuple[str, ...]:
        """The names of the parts that `draw` can move."""
        return tuple(self._rest)

    def draw(
        self,
        camera_to_world: Float[np.ndarray, "N 4 4"],
        parts: Mapping[str, Float[np.ndarray, "N 4 4"]] | None = None,
    ) -> UInt8[np.ndarray, "N H W 3"]:
        """Return the frames of N cameras; `parts` gives moving parts' matrices to the world for each of the N views.

        Cameras look down their -Z with +Y up and have no scale. A moving part that is not given stays where the file
        puts it. Raises UnknownName for a part that does not move, InvalidValue for matrices of the wrong shape or not
        finite.
        """
        cameras = _checked("camera_to_world", camera_to_world, len(camera_to_world))
        poses = {name: _checked(name, pose, len(cameras)) for name, pose in (parts or {}).items()}
        for name in poses:
            if name not in self._rest:
                raise UnknownName("moving part", name, self._rest)
        if self._context is None:
            raise RuntimeError("this Raster is closed; make another")
        if self._owner != (os.getpid(), threading.get_ident()):
            raise RuntimeError("a Raster works only in the process and thread that made it; make one in each")
        frames = np.empty((len(cameras), self.height, self.width, 3), dtype=np.uint8)
        with self._context:
            for start in range(0, len(cameras), self._layers):
                batch = slice(start, start + self._layers)
                moved = {name: pose[batch] for name, pose in poses.items()}
                self._draw_batch(cameras[batch], moved)
                self._read(frames[batch])
        return frames

    def close(self) -> None:
        """Give the OpenGL context back; the Raster cannot draw afterwards."""
        if self._context is not None:
            self._context.release()
            self._context = None

    def __enter__(self) -> Raster:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _make_target(self) -> None:
        context, pixels = self._context, self.height * self.width
        self._layers = max(1, min(_BATCH_BYTES // (pixels * GRID**2 * _SAMPLE_BYTES), 8192 // self.height, 256))
        self._target = LayeredTarget(context, self.height, self.width, self._layers)
        self._frames = context.simple_framebuffer((self.width, self.height * self._layers), 4)
        self._staging = np.empty((self._layers, self.height, self.width, 4), dtype=np.uint8)
        program = context.program(vertex_shader=_RESOLVE_VERTEX, fragment_shader=_RESOLVE_FRAGMENT)
        program["left"], program["height"] = self._target.left, self.height
        self._resolve = context.vertex_array(program, [])

    def _make_scene(self, scene: Sequence[Part]) -> None:
        context = self._context
        self._program = context.program(vertex_shader=_SCENE_VERTEX, fragment_shader=_SCENE_FRAGMENT)
        self._instances = context.buffer(reserve=_INSTANCE.itemsize, dynamic=True)
        self._commands = context.buffer(reserve=20, dynamic=True)
        self._meshes = [
            _Mesh(context, self._program, self._instances, name, group)
            for (name, _), group in _grouped(scene, self._rest).items()
        ]

    def _draw_batch(self, cameras: Float[np.ndarray, "n 4 4"], moved: Mapping[str, Float[np.ndarray, "n 4 4"]]) -> None:
        context, target = self._context, self._target.framebuffer
        clip_from_world = _product(self._clip_from_camera, _rigid_inverse(cameras))
        target.use()
        target.clear(0.0, 0.0, 0.0, 1.0)
        for mesh in self._meshes:
            clip = clip_from_world
            if mesh.name in self._rest:
                clip = _product(clip_from_world, moved.get(mesh.name, self._rest[mesh.name]))
            context.enable_only(context.DEPTH_TEST | (0 if mesh.double_sided else context.CULL_FACE))
            mesh.draw(clip, self._instances, self._commands)
        self._frames.use()
        context.enable_only(context.NOTHING)
        self._target.use_as_texture(0)
        self._resolve.render(context.TRIANGLES, 3)

    def _read(self, frames: UInt8[np.ndarray, "n H W 3"]) -> None:
        count = len(frames)
        viewport = (0, 0, self.width, self.height * count)
        self._frames.read_into(self._staging, viewport=viewport, components=4, alignment=4)
        frames[:] = self._staging[:count, :, :, :3]


class _Mesh:
    """Merged parts of one material and one matrix on the GPU."""

    def __init__(self, context: Any, program: Any, instances: Any, name: str, parts: list[Part]) -> None:
        positions, uv, triangles = _merged(parts, to_world=not name)
        self.name = name
        self.double_sided = parts[0].material.double_sided
        self._clusters: Clusters = clustered(positions, triangles)
        vertices = context.buffer(np.concatenate([positions, uv], axis=1).astype("f4").tobytes())
        corners = context.buffer(self._clusters.triangles.astype("u4").tobytes())
        layout = [(vertices, "3f 2f", "position", "uv"), (instances, "16f 1i /i", "clip_from_local", "layer")]
        self._array = context.vertex_array(program, layout, index_buffer=corners)
        self._texture = _texture(context, parts[0].material)

    def draw(self, clip: Float[np.ndarray, "n 4 4"], instances: Any, commands: Any) -> None:
        """Draw what each of n views can see of it, view n into layer n."""
        view, first, count = visible_runs(self._clusters, clip)
        if len(view) == 0:
            return
        per_view = np.zeros(len(clip), dtype=_INSTANCE)
        per_view["clip_from_local"] = clip.transpose(0, 2, 1)
        per_view["layer"] = np.arange(len(clip))
        indirect = np.zeros((len(view), 5), dtype=np.uint32)
        # count, instances, first index, base vertex, base instance: the last picks the view's matrix
        indirect[:, 0], indirect[:, 1], indirect[:, 2], indirect[:, 4] = 3 * count, 1, 3 * first, view
        _fill(instances, per_view)
        _fill(commands, indirect)
        self._texture.use(0)
        self._array.render_indirect(commands, count=len(view))


def open_context() -> Any:
    """Return a moderngl context on EGL, without a display.

    Raises MissingDependency where moderngl is not installed, or EGL or a driver behind it does not answer.
    """
    try:
        import moderngl
    except ImportError as error:
        raise MissingDependency("moderngl", "drawing rendered worlds", 'pip install "worldprobe[raster]"') from error
    try:
        settings: dict[str, Any] = {"backend": "egl", "libegl": "libEGL.so.1", "libgl": "libGL.so.1"}
        context = moderngl.create_context(require=450, standalone=True, **settings)
        if "GL_ARB_shader_viewport_layer_array" not in context.extensions:
            raise RuntimeError(f"{context.info['GL_RENDERER']} lacks GL_ARB_shader_viewport_layer_array")
    except Exception as error:  # glcontext raises bare Exception for whatever the driver lacks
        line = f"apt-get install -y --no-install-recommends {' '.join(APT_PACKAGES)}"
        what = f"EGL with an OpenGL 4.5 driver (it answered: {error})"
        raise MissingDependency(what, "drawing rendered worlds", line) from error
    return context


def _grouped(scene: Sequence[Part], moving: Container[str]) -> dict[tuple[str, int], list[Part]]:
    """Return what can be drawn together: parts by their name, if they move (else ""), and by their material."""
    groups: dict[tuple[str, int], list[Part]] = {}
    for part in scene:
        groups.setdefault((part.name if part.name in moving else "", id(part.material)), []).append(part)
    return groups


def _merged(parts: Sequence[Part], to_world: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    positions, triangles, offset = [], [], 0
    for part in parts:
        matrix = part.to_world if to_world else np.eye(4)
        positions.append(part.positions @ matrix[:3, :3].T + matrix[:3, 3])
        # A mirrored part would show its inside: its corners are taken the other way round.
        corners = part.triangles if np.linalg.det(matrix[:3, :3]) > 0 else part.triangles[:, ::-1]
        triangles.append(corners + offset)
        offset += len(part.positions)
    return np.concatenate(positions), np.concatenate([part.uv for part in parts]), np.concatenate(triangles)


def _texture(context: Any, material: Material) -> Any:
    image = np.full((1, 1, 3), 255, np.uint8) if material.image is None else material.image
    levels = mip_chain(image, material.colour)
    height, width = image.shape[:2]
    texture = context.texture((width, height), 3, levels[0].tobytes(), alignment=1)
    texture.build_mipmaps()
    for level, pixels in enumerate(levels[1:], start=1):
        texture.write(pixels.tobytes(), level=level, alignment=1)
    texture.repeat_x = texture.repeat_y = material.repeat
    texture.filter = (context.LINEAR_MIPMAP_NEAREST, context.LINEAR)
    return texture


def _projection(fov_degrees: float, aspect: float) -> Float[np.ndarray, "4 4"]:
    """Return OpenGL's perspective matrix for a vertical angle of view and an aspect of width over height."""
    scale, span = 1.0 / np.tan(np.radians(fov_degrees) / 2), FAR_METRES - NEAR_METRES
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = scale / aspect, scale
    matrix[2, 2], matrix[2, 3] = -(FAR_METRES + NEAR_METRES) / span, -2 * FAR_METRES * NEAR_METRES / span
    matrix[3, 2] = -1.0
    return matrix


def _rigid_inverse(matrix: Float[np.ndarray, "N 4 4"]) -> Float[np.ndarray, "N 4 4"]:
    inverse = np.zeros_like(matrix)
    inverse[:, :3, :3] = matrix[:, :3, :3].transpose(0, 2, 1)
    inverse[:, :3, 3] = -(inverse[:, :3, :3] * matrix[:, None, :3, 3]).sum(axis=2)
    inverse[:, 3, 3] = 1.0
    return inverse


def _product(a: Float[np.ndarray, "*#n 4 4"], b: Float[np.ndarray, "*#n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """Return the matrix products, each summed in the same order, however many there are: `@` does not promise that."""
    return (a[..., :, :, None] * b[..., None, :, :]).sum(axis=-2)


def _checked(name: str, matrices: Any, count: int) -> Float[np.ndarray, "N 4 4"]:
    values = np.asarray(matrices, dtype=np.float64)
    if values.shape != (count, 4, 4):
        raise InvalidValue(name, values.shape, f"a stack of matrices of shape ({count}, 4, 4)")
    if not np.isfinite(values).all():
        raise InvalidValue(name, "matrices with NaN or infinity", "finite numbers")
    return values


def _fill(buffer: Any, values: np.ndarray) -> None:
    """Replace a buffer's contents; what the driver still reads of the former ones stays."""
    buffer.orphan(max(values.nbytes, buffer.size))
    buffer.write(values)
