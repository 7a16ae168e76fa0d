"""One atlas for all surfaces, and the light on them path traced into it."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

ATLAS = "wp atlas"
ISLAND_ANGLE = 66.0
PADDING = 4.0
"""Texels between charts."""


def unwrap(thing: Any, size: int) -> float:
    """Give the object an atlas of charts that do not overlap; return the share of the texture that they cover."""
    data = thing.data
    data.uv_layers.active = data.uv_layers.new(name=ATLAS)
    bpy.context.view_layer.update()
    for other in bpy.context.view_layer.objects:
        other.select_set(other == thing)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=np.radians(ISLAND_ANGLE), island_margin=0.0, area_weight=0.0)
    bpy.ops.uv.select_all(action="SELECT")
    bpy.ops.uv.pack_islands(
        rotate=True, rotate_method="CARDINAL", shape_method="AABB", margin_method="ADD", margin=PADDING / size / 2
    )
    bpy.ops.object.mode_set(mode="OBJECT")
    uv = atlas_uv(thing)
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    return float(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2)


def atlas_uv(thing: Any) -> np.ndarray:
    """Return the atlas coordinates of every triangle's corners, (T, 3, 2), v upwards."""
    values = np.zeros(len(thing.data.loops) * 2, np.float32)
    thing.data.uv_layers[ATLAS].data.foreach_get("uv", values)
    return values.reshape(-1, 3, 2).astype(np.float64)


def prepare_bake(palette: list[Any], size: int) -> Any:
    """Return the image that is baked into, and make it the active one of every material."""
    bpy.context.scene.render.use_persistent_data = False  # what is left of a render makes baked colours black
    image = bpy.data.images.new("wp bake", size, size, alpha=True, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    for material in palette:
        node = material.node_tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        material.node_tree.nodes.active = node
    return image


def baked(image: Any, kind: str, passes: set[str]) -> np.ndarray:
    """Return one pass of the selected object's light, (S, S, 4), linear, top row first; alpha is 1 where it lies."""
    pixels = np.zeros(image.size[0] * image.size[1] * 4, dtype=np.float32)
    image.pixels.foreach_set(pixels)
    bpy.ops.object.bake(type=kind, pass_filter=passes, margin=0, use_clear=False, uv_layer=ATLAS)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)[::-1].copy()


def set_light_paths(samples: int, bounces: int, denoise: bool) -> None:
    """Set how light is traced, without caustics."""
    cycles = bpy.context.scene.cycles
    cycles.samples, cycles.seed = samples, 0
    cycles.max_bounces = max(bounces, 8) if bounces else 0
    cycles.diffuse_bounces = bounces
    cycles.glossy_bounces, cycles.transmission_bounces, cycles.transparent_max_bounces = bounces, 8, 16
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.use_denoising = denoise
    cycles.denoiser = "OPENIMAGEDENOISE"


def lit() -> bool:
    """Whether anything in the scene gives light: a lamp, a surface that emits, or the world around it."""
    if any(thing.type == "LIGHT" and not thing.hide_render for thing in bpy.context.view_layer.objects):
        return True
    return _world_shines() or any(_emits(material) for material in bpy.data.materials if material.users)


def add_even_light(strength: float) -> None:
    """Surround the scene with even white light."""
    world = bpy.data.worlds.new("even light")
    world.use_nodes = True
    node = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    node.inputs["Color"].default_value, node.inputs["Strength"].default_value = (1.0, 1.0, 1.0, 1.0), strength
    bpy.context.scene.world = world


def _world_shines() -> bool:
    world = bpy.context.scene.world
    if world is None:
        return False
    if not world.node_tree:
        return max(world.color) > 0
    for node in world.node_tree.nodes:
        if node.type == "BACKGROUND" and node.outputs[0].links:
            colour, strength = node.inputs["Color"], node.inputs["Strength"]
            dark = not colour.links and max(colour.default_value[:3]) <= 0
            if not dark and (strength.links or strength.default_value > 0):
                return True
    return False


def _emits(material: Any) -> bool:
    if material.node_tree is None:
        return False
    for node in material.node_tree.nodes:
        if node.type not in {"EMISSION", "BSDF_PRINCIPLED"}:
            continue
        principled = node.type == "BSDF_PRINCIPLED"
        colour = node.inputs["Emission Color" if principled else "Color"]
        strength = node.inputs["Emission Strength" if principled else "Strength"]
        bright = colour.links or max(colour.default_value[:3]) > 0
        if bright and (strength.links or strength.default_value > 0):
            return True
    return False
