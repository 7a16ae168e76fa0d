"""Scenes that are relit and repainted view by view: albedo and the light of every lamp group, summed in linear light.

A surface that is matte sends back albedo x irradiance, and irradiance is linear in the lamps: the bake of each lamp
group is kept by itself, scaled by the view's weight for it, and the sum is encoded once, after the samples' mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from worldprobe._util.colour import linear_from_srgb
from worldprobe.render.clusters import clustered
from worldprobe.render.gl import Calls
from worldprobe.render.glb import GlbPart
from worldprobe.render.lighting import Lighting
from worldprobe.render.meshes import IndirectMesh, Shape, shapes, surface_texture
from worldprobe.render.mipmaps import halvings

REVISION = "1"
"""Goes up with every change to how relit scenes are drawn."""

_VERTEX = """
#version 410
#extension GL_ARB_shader_viewport_layer_array : require
uniform sampler2D lighting;
in vec3 position; in vec2 uv; in int paint; in mat4 clip_from_local; in int layer;
out vec2 at; flat out vec2 hue; LAMPS_OUT
void main() {
    gl_Position = clip_from_local * vec4(position, 1.0); gl_Layer = layer; at = uv;
    hue = texelFetch(lighting, ivec2(paint, layer), 0).rg;
    FETCH
}
"""
_FRAGMENT = """
#version 410
uniform sampler2D albedo; SAMPLERS
in vec2 at; flat in vec2 hue; LAMPS_IN
out vec4 colour;
void main() {
    vec3 paint = texture(albedo, at).rgb;
    paint *= paint;
    float grey = (paint.r + paint.g + paint.b) / 3.0;
    vec3 chroma = paint - grey, across = 0.57735027 * (chroma.brg - chroma.gbr);
    paint = max(grey + hue.x * chroma + hue.y * across, 0.0);
    vec3 light = vec3(0.0), part;
    SUM
    colour = vec4(sqrt(paint * light), 1.0);
}
"""


@dataclass(frozen=True, eq=False)
class RelitScene:
    """One mesh in the world's frame (metres, +Z up), what it is painted with, and the light of every lamp group.

    `paint` gives each vertex the number of its paint group, 0 for what is never repainted. `albedo` and `irradiance`
    are linear textures; where white surfaces send back `irradiance`, others send back albedo times it.
    """

    positions: Float[np.ndarray, "V 3"]
    uv: Float[np.ndarray, "V 2"]
    paint: Int[np.ndarray, " V"]
    triangles: Int[np.ndarray, "T 3"]
    albedo: Float[np.ndarray, "S S 3"]
    irradiance: Float[np.ndarray, "G R R 3"]
    paints: int
    """How many paint groups there are, 0 not counted."""
    backdrop: Sequence[GlbPart] = ()
    """What is drawn around it, the same in any light."""


@dataclass(frozen=True, eq=False)
class RelitShape:
    """A relit scene made ready for any number of contexts."""

    scene: RelitScene
    albedo: list[UInt8[np.ndarray, "_ _ 3"]]
    lights: list[list[UInt8[np.ndarray, "_ _ 3"]]]
    brightest: list[float]
    """The light that a full texel of each lamp group means."""
    backdrop: list[Shape] = field(default_factory=list)

    @classmethod
    def of(cls, scene: RelitScene) -> RelitShape:
        """Return the scene with its textures and their smaller copies."""
        brightest = [float(light.max()) or 1.0 for light in scene.irradiance]
        lights = [_levels(light / most) for light, most in zip(scene.irradiance, brightest, strict=True)]
        return cls(scene, _levels(scene.albedo), lights, brightest, shapes(_square_roots(scene.backdrop), {}))


class RelitMesh(IndirectMesh):
    """A relit scene in a moderngl context, which must be current."""

    def __init__(self, context: Any, gl: Calls, shape: RelitShape, layers: int) -> None:
        scene, groups = shape.scene, range(len(shape.lights))
        program = context.program(vertex_shader=_vertex(scene.paints, groups), fragment_shader=_fragment(groups))
        vertices = np.concatenate([scene.positions, scene.uv], axis=1).astype("f4")
        arrays: list[tuple[Any, ...]] = [
            (context.buffer(vertices.tobytes()), "3f 2f", "position", "uv"),
            (context.buffer(scene.paint.astype("i4").tobytes()), "1i", "paint"),
        ]
        super().__init__(context, gl, program, "", clustered(scene.positions, scene.triangles), arrays)
        self._textures = [surface_texture(context, gl, levels, False) for levels in (shape.albedo, *shape.lights)]
        self._brightest = np.array(shape.brightest)
        self._table = context.texture((1 + scene.paints + len(shape.lights), layers), 4, dtype="f4")
        self._table.filter = (context.NEAREST, context.NEAREST)
        self._textures.append(self._table)
        for unit, name in enumerate(["albedo", *(f"light{g}" for g in groups), "lighting"]):
            program[name] = unit

    def light(self, lighting: Lighting) -> None:
        """Say how the views of the next draw are lit and painted."""
        width, layers = self._table.size
        rows = np.zeros((layers, width, 4), dtype=np.float32)
        rows[:, 0, 0] = 1.0
        turns, used = lighting.hues, slice(0, len(lighting))
        rows[used, 1 : 1 + turns.shape[1], 0], rows[used, 1 : 1 + turns.shape[1], 1] = np.cos(turns), np.sin(turns)
        rows[used, 1 + turns.shape[1] :, :3] = lighting.lamps * self._brightest[:, None]
        self._table.write(rows.tobytes())

    def use_textures(self) -> None:
        """Bind albedo, lights and the table of the views' lighting."""
        for unit, texture in enumerate(self._textures):
            texture.use(unit)


def _square_roots(parts: Sequence[GlbPart]) -> list[GlbPart]:
    """Return parts whose pictures hold square roots of linear light, as the samples of a relit scene do."""
    table = np.rint(255.0 * np.sqrt(linear_from_srgb(np.arange(256) / 255.0))).astype(np.uint8)
    changed = {}
    for part in parts:
        image = part.material.image
        if image is not None:
            changed[id(part.material)] = replace(part.material, image=table[image])
    return [replace(part, material=changed.get(id(part.material), part.material)) for part in parts]


def _levels(light: Float[np.ndarray, "h w 3"]) -> list[UInt8[np.ndarray, "_ _ 3"]]:
    """Return the square root of linear light in [0, 1] as bytes, with its halvings: finer where it is dark."""
    return [np.rint(np.sqrt(level.clip(0.0, 1.0)) * 255.0).astype(np.uint8) for level in halvings(light)]


def _vertex(paints: int, groups: Sequence[int]) -> str:
    fetch = " ".join(f"lamp{g} = texelFetch(lighting, ivec2({1 + paints + g}, layer), 0).rgb;" for g in groups)
    return _VERTEX.replace("LAMPS_OUT", " ".join(f"flat out vec3 lamp{g};" for g in groups)).replace("FETCH", fetch)


def _fragment(groups: Sequence[int]) -> str:
    total = " ".join(f"part = texture(light{g}, at).rgb; light += part * part * lamp{g};" for g in groups)
    source = _FRAGMENT.replace("SAMPLERS", " ".join(f"uniform sampler2D light{g};" for g in groups))
    return source.replace("LAMPS_IN", " ".join(f"flat in vec3 lamp{g};" for g in groups)).replace("SUM", total)
