"""A scene on the graphics side: parts merged by material, of which each view draws what it may see."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from worldprobe.errors import UnknownName
from worldprobe.render.clusters import Clusters, clustered, visible_runs
from worldprobe.render.gl import Calls
from worldprobe.render.glb import GlbPart
from worldprobe.render.mipmaps import mip_chain

_INSTANCE = np.dtype([("clip_from_local", "f4", (4, 4)), ("layer", "i4")])
_COMMAND = np.dtype([(name, "u4") for name in ("count", "instances", "first_index", "first_vertex", "first_instance")])
_TEXTURE, _LOD_BIAS = 0x0DE1, 0x8501
_PIXELS, _BYTES = {3: (0x8051, 0x1907), 4: (0x8058, 0x1908)}, 0x1401  # channels: stored as GL_RGB8, given as GL_RGB
_TRIANGLES, _COMMANDS = 0x0004, 0x8F3F
_INDEX_KINDS = {2: 0x1403, 4: 0x1405}  # bytes an index: GL_UNSIGNED_SHORT, GL_UNSIGNED_INT

_VERTEX = """
#version 410
#extension GL_ARB_shader_viewport_layer_array : require
in vec3 position; in vec2 uv; in mat4 clip_from_local; in int layer;
out vec2 at;
void main() { gl_Position = clip_from_local * vec4(position, 1.0); gl_Layer = layer; at = uv; }
"""
_FRAGMENT = """
#version 410
uniform sampler2D surface;
in vec2 at;
out vec4 colour;
void main() { colour = texture(surface, at); }
"""
# What is tinted by its vertices or cut out by its picture is drawn by shaders of its own: the plain ones are faster.
_TINTED_VERTEX = """
#version 410
#extension GL_ARB_shader_viewport_layer_array : require
in vec3 position; in vec2 uv; in vec3 tint; in mat4 clip_from_local; in int layer;
out vec2 at; out vec3 shade;
void main() { gl_Position = clip_from_local * vec4(position, 1.0); gl_Layer = layer; at = uv; shade = tint; }
"""
_TINTED_FRAGMENT = """
#version 410
uniform sampler2D surface;
in vec2 at; in vec3 shade;
out vec4 colour;
vec3 lit(vec3 v) { return mix(pow((v + 0.055) / 1.055, vec3(2.4)), v / 12.92, lessThanEqual(v, vec3(0.04045))); }
vec3 shown(vec3 v) {
    return mix(1.055 * pow(v, vec3(1.0 / 2.4)) - 0.055, 12.92 * v, lessThanEqual(v, vec3(0.0031308)));
}
void main() {
    vec4 texel = texture(surface, at);
    if (texel.a < 0.5) discard;
    colour = vec4(shown(clamp(lit(texel.rgb) * shade, 0.0, 1.0)), 1.0);
}
"""
# Filtering a texture averages over more than a sample's share of it; a bias of -0.5 levels makes up for that. It is the
# texture's own, for a bias in the shader takes Mesa off its fast path and costs a sixth of all work. Of two levels the
# nearer is taken: four samples a pixel smooth the seam, and it saves a fifth of all work for 0.04 dB.
_BIAS = -0.5


@dataclass(frozen=True)
class Shape:
    """Merged parts of one material and one matrix, ready for any number of contexts.

    `name` is that of the moving part; parts without one are where their own matrices put them.
    """

    name: str
    vertices: Float[np.ndarray, "V 5"]
    """Position (metres) and texture coordinates."""
    clusters: Clusters
    levels: list[UInt8[np.ndarray, "_ _ channels"]]
    """The texture and its smaller copies; a fourth channel says where it is cut out."""
    repeat: bool
    double_sided: bool
    tints: Float[np.ndarray, "V 3"] | None = None
    """Linear factors, one a vertex, where there are any or the texture has a fourth channel."""


@dataclass(frozen=True)
class MergedScene:
    """A scene made ready for any number of contexts; `rest` are the matrices of the parts that can move, by name."""

    shapes: list[Shape]
    rest: dict[str, Float[np.ndarray, "4 4"]]

    @classmethod
    def of(cls, scene: Sequence[GlbPart], moving: Sequence[str]) -> MergedScene:
        """Merge what can be drawn together; raises UnknownName for a moving part that is not there."""
        named = {part.name: part.to_world for part in scene}
        for name in moving:
            if name not in named:
                raise UnknownName("part", name, named)
        return cls(shapes(scene, moving), {name: named[name] for name in moving})


def shapes(scene: Sequence[GlbPart], moving: Container[str]) -> list[Shape]:
    """Return what can be drawn together: parts by their name, if they move, and by their material."""
    groups: dict[tuple[str, int], list[GlbPart]] = {}
    for part in scene:
        groups.setdefault((part.name if part.name in moving else "", id(part.material)), []).append(part)
    return [_shape(name, parts) for (name, _), parts in groups.items()]


def _shape(name: str, parts: Sequence[GlbPart]) -> Shape:
    positions, triangles, offset = [], [], 0
    for part in parts:
        matrix = np.eye(4) if name else part.to_world
        positions.append(part.positions @ matrix[:3, :3].T + matrix[:3, 3])
        # A mirrored part would show its inside: its corners are taken the other way round.
        corners = part.triangles if np.linalg.det(matrix[:3, :3]) > 0 else part.triangles[:, ::-1]
        triangles.append(corners + offset)
        offset += len(part.positions)
    placed, uv = np.concatenate(positions), np.concatenate([part.uv for part in parts])
    material = parts[0].material
    image = np.full((1, 1, 3), 255, np.uint8) if material.image is None else material.image
    levels, clusters = mip_chain(image, material.colour), clustered(placed, np.concatenate(triangles))
    tints = None
    if material.alpha is not None or any(part.tints is not None for part in parts):
        tints = np.concatenate([np.ones((len(p.positions), 3)) if p.tints is None else p.tints for p in parts])
        levels = _with_alpha(levels, material.alpha)
    vertices = np.concatenate([placed, uv], axis=1)
    return Shape(name, vertices, clusters, levels, material.repeat, material.double_sided, tints)


def _with_alpha(levels: list[np.ndarray], alpha: UInt8[np.ndarray, "h w"] | None) -> list[np.ndarray]:
    """Return the levels of a texture with a fourth channel, opaque without `alpha`."""
    if alpha is None:
        return [np.dstack([level, np.full(level.shape[:2], 255, np.uint8)]) for level in levels]
    opaque = Image.fromarray(alpha)
    sizes = [(level.shape[1], level.shape[0]) for level in levels]
    shares = [np.asarray(opaque.resize(size, Image.Resampling.BOX)) for size in sizes]
    return [np.dstack([level, share]) for level, share in zip(levels, shares, strict=True)]


def scene_programs(context: Any) -> tuple[Any, Any]:
    """Return the shaders of plain meshes, and of those that are tinted or cut out."""
    return (
        context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT),
        context.program(vertex_shader=_TINTED_VERTEX, fragment_shader=_TINTED_FRAGMENT),
    )


class IndirectMesh(ABC):
    """A mesh in a moderngl context, which must be current: one indirect draw for what all views see of it.

    `arrays` are its vertex arrays as moderngl takes them: buffer, format, names.
    """

    def __init__(
        self, context: Any, gl: Calls, program: Any, name: str, clusters: Clusters, arrays: Sequence[tuple[Any, ...]]
    ) -> None:
        self.name = name
        self._gl, self._context, self._program, self._clusters = gl, context, program, clusters
        self._features = context.DEPTH_TEST | context.CULL_FACE
        self._instances = context.buffer(reserve=_INSTANCE.itemsize, dynamic=True)
        self._commands = context.buffer(reserve=_COMMAND.itemsize, dynamic=True)
        corners = clusters.triangles.astype("u2" if clusters.triangles.max(initial=0) < 1 << 16 else "u4")
        self._index_kind = _INDEX_KINDS[corners.itemsize]
        layout = [*arrays, (self._instances, "16f 1i /i", "clip_from_local", "layer")]
        self._array = context.vertex_array(program, layout, context.buffer(corners.tobytes()), corners.itemsize)

    @abstractmethod
    def use_textures(self) -> None:
        """Bind what the shader reads."""

    def draw(self, clip_from_local: Float[np.ndarray, "n 4 4"]) -> None:
        """Draw what each of n views can see of it, view n into layer n of the framebuffer in use."""
        view, first, count = visible_runs(self._clusters, clip_from_local)
        if len(view) == 0:
            return
        instances = np.zeros(len(clip_from_local), dtype=_INSTANCE)
        instances["clip_from_local"] = clip_from_local.transpose(0, 2, 1)
        instances["layer"] = np.arange(len(clip_from_local))
        commands = np.zeros(len(view), dtype=_COMMAND)
        commands["count"], commands["first_index"] = 3 * count, 3 * first
        commands["instances"], commands["first_instance"] = 1, view  # picks the view's matrix and layer
        _fill(self._instances, instances)
        _fill(self._commands, commands)
        self._context.enable_only(self._features)
        self.use_textures()
        # As moderngl's own render_indirect, but without Python's lock: here a software driver transforms every vertex.
        self._gl["glUseProgram"](self._program.glo)
        self._gl["glBindVertexArray"](self._array.glo)
        self._gl["glBindBuffer"](_COMMANDS, self._commands.glo)
        self._gl["glMultiDrawElementsIndirect"](_TRIANGLES, self._index_kind, None, len(commands), 0)


class SceneMesh(IndirectMesh):
    """A shape in a moderngl context, which must be current."""

    def __init__(self, context: Any, gl: Calls, programs: tuple[Any, Any], shape: Shape) -> None:
        vertices = context.buffer(shape.vertices.astype("f4").tobytes())
        arrays: list[tuple[Any, ...]] = [(vertices, "3f 2f", "position", "uv")]
        if shape.tints is not None:
            arrays.append((context.buffer(shape.tints.astype("f4").tobytes()), "3f", "tint"))
        super().__init__(context, gl, programs[shape.tints is not None], shape.name, shape.clusters, arrays)
        if shape.double_sided:
            self._features = context.DEPTH_TEST
        self._texture = surface_texture(context, gl, shape.levels, shape.repeat)

    def use_textures(self) -> None:
        """Bind the surface's picture."""
        self._texture.use(0)


def surface_texture(context: Any, gl: Calls, levels: Sequence[UInt8[np.ndarray, "_ _ channels"]], repeat: bool) -> Any:
    """Return a texture with these mip levels, the first one whole."""
    height, width, channels = levels[0].shape
    texture = context.texture((width, height), channels, levels[0].tobytes(), alignment=1)
    texture.repeat_x = texture.repeat_y = repeat
    texture.filter = (context.LINEAR_MIPMAP_NEAREST, context.LINEAR)
    texture.use(0)
    # moderngl makes levels by averaging, which takes longer than to give them; its `alignment` above still holds here.
    for level, pixels in enumerate(levels[1:], start=1):
        height, width = pixels.shape[:2]
        stored, given = _PIXELS[channels]
        gl["glTexImage2D"](_TEXTURE, level, stored, width, height, 0, given, _BYTES, pixels.tobytes())
    gl["glTexParameterf"](_TEXTURE, _LOD_BIAS, _BIAS)
    return texture


def _fill(buffer: Any, values: np.ndarray) -> None:
    """Replace a buffer's contents; what the driver still reads of the former ones stays."""
    buffer.orphan(max(values.nbytes, buffer.size))
    buffer.write(values)
