"""The Blender process: builds a room from its blueprint, bakes its light, renders it with Cycles.

Only this file and `relighting` import bpy. It runs as `python -m worldprobe.world.room.blender`, started by
`child.BlenderProcess`, and answers as `blender_loop` says. One scene per process.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from PIL import Image

from worldprobe._util.colour import linear_from_srgb
from worldprobe.world.blender_loop import serve
from worldprobe.world.room.blueprint import Blueprint, Lamp, blueprint, quarter_turn
from worldprobe.world.room.paints import Paint, drawn, srgb
from worldprobe.world.room.relighting import material_name, relight
from worldprobe.world.room.shapes import Chart
from worldprobe.world.room.tracing import Tracing

ATLAS, PICTURE = "atlas", "picture"


def load(room: str, with_atlas: bool, threads: int) -> dict[str, Any]:
    """Build the room's scene; the atlas is needed for baking only. Answers with Blender's version."""
    plan = blueprint(room)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene["room"] = room
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    scene.render.dither_intensity = 0.0
    scene.render.use_persistent_data = True
    scene.render.use_compositing = scene.render.use_sequencer = False
    scene.world = bpy.data.worlds.new("darkness")
    scene.world.color = (0, 0, 0)
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.sample_clamp_indirect = 0.0
    scene.cycles.pixel_filter_type = "BOX"
    _build(plan, with_atlas)
    for place, lamp in enumerate(plan.lamps):
        _add_lamp(lamp, place)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.sensor_fit, camera.data.clip_start, camera.data.clip_end = "VERTICAL", 0.01, 100.0
    scene.collection.objects.link(camera)
    scene.camera = camera
    return {"version": bpy.app.version_string, "triangles": sum(len(c.triangles) for c in plan.charts) * plan.turns}


def render(cameras: str, frames: str, tracing: dict[str, Any], lighting: str) -> dict[str, Any]:
    """Render camera-to-world matrices (.npy, N x 4 x 4) to frames (.npy, uint8 N x H x W x 3), as `Tracing` says.

    `lighting`, where there is one, is an .npz of each frame's lamp factors and turns of hue: see `relighting.relight`.
    """
    wanted, scene = Tracing(**tracing), bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = wanted.width, wanted.height
    scene.render.resolution_percentage = 100
    scene.camera.data.angle = np.radians(wanted.fov_degrees)
    _set_light_paths(wanted.samples, wanted.bounces, wanted.denoise, wanted.seed)
    matrices = np.load(cameras)
    lit = dict(np.load(lighting)) if lighting else {}
    scene.render.use_persistent_data = not lit  # Cycles would go on with the pictures that it loaded first
    result = np.empty((len(matrices), wanted.height, wanted.width, 3), dtype=np.uint8)
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth, settings.compression = "PNG", "RGB", "8", 0
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = os.path.join(folder, "frame.png")
        for k, matrix in enumerate(matrices):
            scene.camera.matrix_world = Matrix(matrix.tolist())
            if lit:
                relight(blueprint(scene["room"]), lit["lamps"][k], lit["hues"][k])
            bpy.ops.render.render(write_still=True)
            with Image.open(scene.render.filepath) as picture:
                result[k] = np.asarray(picture.convert("RGB"))
    np.save(frames, result)
    return {"frames": len(result)}


def bake(size: int, samples: int, bounces: int, seed: int, light: str, groups: list[list[int]]) -> dict[str, Any]:
    """Bake the first copy of the room into `light`: an .npz of irradiance, colour, glow and covered, top row first.

    With `groups` of lamps (their places in the blueprint), irradiance is one for each, (G, S, S, 3).

    Surfaces are matte, so outgoing light = colour x irradiance / pi + glow: the irradiance, which is smooth, is path
    traced and denoised by itself; colours and glow are exact. Denoising their product would blur what is painted.
    """
    image = bpy.data.images.new("bake", size, size, alpha=True, float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    for material in bpy.data.materials:
        node = material.node_tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        material.node_tree.nodes.active = node
    for thing in bpy.context.scene.objects:
        thing.select_set(thing.type == "MESH" and thing.name.endswith(" 0"))
        if thing.select_get():
            bpy.context.view_layer.objects.active = thing
    _set_light_paths(16, 0, False, seed)
    colour = _baked(image, "DIFFUSE", {"COLOR"})
    glow = _baked(image, "EMIT", {"EMIT"})
    _whiten()  # only a COMBINED bake is denoised, and of white surfaces it is the irradiance
    _set_light_paths(samples, bounces, True, seed)
    lamps = [thing for thing in bpy.context.scene.objects if thing.type == "LIGHT"]
    irradiance = []
    for group in groups or [list(range(len(lamps)))]:
        for lamp in lamps:
            lamp.hide_render = lamp["place"] not in group
        irradiance.append(_baked(image, "COMBINED", {"DIRECT", "INDIRECT", "DIFFUSE"})[..., :3].astype(np.float32))
    np.savez(
        light,
        irradiance=np.stack(irradiance) if groups else irradiance[0],
        colour=colour[..., :3].astype(np.float32),
        glow=glow[..., :3].astype(np.float32),
        covered=(colour[..., 3] > 0.5) | (glow[..., 3] > 0.5),
    )
    return {"texels": int((colour[..., 3] > 0.5).sum())}


def _baked(image: Any, kind: str, passes: set[str]) -> np.ndarray:
    pixels = np.zeros(image.size[0] * image.size[1] * 4, dtype=np.float32)
    image.pixels.foreach_set(pixels)
    bpy.ops.object.bake(type=kind, pass_filter=passes, margin=0, use_clear=False, uv_layer=ATLAS)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(image.size[1], image.size[0], 4)[::-1].astype(np.float64)


def _set_light_paths(samples: int, bounces: int, denoise: bool, seed: int) -> None:
    cycles = bpy.context.scene.cycles
    cycles.samples, cycles.seed = samples, seed
    cycles.max_bounces = cycles.diffuse_bounces = bounces
    cycles.use_denoising = denoise
    cycles.denoiser = "OPENIMAGEDENOISE"


def _build(plan: Blueprint, with_atlas: bool) -> None:
    """Add the charts as two objects a copy: what casts shadows, and what glows (seen by the camera only)."""
    uv = plan.uv if with_atlas else [chart.picture for chart in plan.charts]
    for name, glows in (("solid", False), ("glowing", True)):
        chosen = [k for k, chart in enumerate(plan.charts) if (chart.paint.glow > 0) == glows]
        if not chosen:
            continue
        data = _mesh(name, [plan.charts[k] for k in chosen], [uv[k] for k in chosen])
        for copy in range(plan.turns):
            thing = bpy.data.objects.new(f"{name} {copy}", data)
            turn = np.eye(4)
            turn[:3, :3] = quarter_turn(copy * 4 // plan.turns)
            thing.matrix_world = Matrix(turn.tolist())
            if glows:
                thing.visible_shadow = thing.visible_diffuse = False
            bpy.context.scene.collection.objects.link(thing)


def _mesh(name: str, charts: list[Chart], uv: list[np.ndarray]) -> Any:
    starts = np.cumsum([0] + [len(chart.vertices) for chart in charts])
    triangles = np.concatenate([c.triangles + s for c, s in zip(charts, starts, strict=False)])
    data = bpy.data.meshes.new(name)
    data.from_pydata(np.concatenate([c.vertices for c in charts]).tolist(), [], triangles.tolist())
    paints = list(dict.fromkeys(chart.paint for chart in charts))
    for paint in paints:
        data.materials.append(_material(paint))
    slots = np.concatenate([np.full(len(c.triangles), paints.index(c.paint)) for c in charts])
    data.polygons.foreach_set("material_index", slots.astype(np.int32))
    corners = triangles.ravel()
    for layer, values in ((ATLAS, np.concatenate(uv)), (PICTURE, np.concatenate([c.picture for c in charts]))):
        up = np.column_stack([values[:, 0], 1 - values[:, 1]]) if layer == ATLAS else values
        data.uv_layers.new(name=layer).data.foreach_set("uv", up[corners].astype(np.float32).ravel())
    data.shade_smooth()
    data.normals_split_custom_set_from_vertices(np.concatenate([c.normals for c in charts]).tolist())
    return data


def _material(paint: Paint) -> Any:
    material = bpy.data.materials.new(material_name(paint))
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    output = nodes.new("ShaderNodeOutputMaterial")
    surface = nodes.new("ShaderNodeEmission" if paint.glow else "ShaderNodeBsdfDiffuse")
    if paint.glow:
        surface.inputs["Strength"].default_value = paint.glow
        material.cycles.emission_sampling = "NONE"
    surface.inputs["Color"].default_value = (*linear_from_srgb(srgb(paint.colour)), 1.0)
    if paint.picture:
        place, picture = nodes.new("ShaderNodeUVMap"), nodes.new("ShaderNodeTexImage")
        place.uv_map, picture.image, picture.extension = PICTURE, _picture(paint.picture), "EXTEND"
        links.new(place.outputs["UV"], picture.inputs["Vector"])
        links.new(picture.outputs["Color"], surface.inputs["Color"])
    links.new(surface.outputs[0], output.inputs["Surface"])
    return material


def _whiten() -> None:
    """Make every matte surface white to the baking ray and leave it coloured to light that bounces."""
    for material in bpy.data.materials:
        nodes, links = material.node_tree.nodes, material.node_tree.links
        for surface in [node for node in nodes if node.type == "BSDF_DIFFUSE"]:
            path, mix = nodes.new("ShaderNodeLightPath"), nodes.new("ShaderNodeMixRGB")
            colour = surface.inputs["Color"]
            mix.inputs["Color1"].default_value = colour.default_value
            mix.inputs["Color2"].default_value = (1.0, 1.0, 1.0, 1.0)
            for link in list(colour.links):
                links.new(link.from_socket, mix.inputs["Color1"])
            links.new(path.outputs["Is Camera Ray"], mix.inputs["Fac"])
            links.new(mix.outputs["Color"], colour)


def _picture(name: str) -> Any:
    if name in bpy.data.images:
        return bpy.data.images[name]
    pixels = linear_from_srgb(drawn(name))[::-1]
    image = bpy.data.images.new(name, pixels.shape[1], pixels.shape[0], float_buffer=True)
    image.colorspace_settings.name = "Non-Color"
    image.pixels.foreach_set(np.dstack([pixels, np.ones(pixels.shape[:2])]).astype(np.float32).ravel())
    image.pack()
    return image


def _add_lamp(lamp: Lamp, place: int) -> None:
    data = bpy.data.lights.new(lamp.kind.lower(), lamp.kind)
    data.energy, data.color = lamp.power, lamp.colour
    if lamp.kind == "AREA":
        data.shape, data.size, data.size_y = "RECTANGLE", *lamp.size
    elif lamp.kind == "SUN":
        data.angle = np.radians(lamp.size[0])
    else:
        data.shadow_soft_size = lamp.size[0]
    thing = bpy.data.objects.new(data.name, data)
    thing["place"] = place
    aim = Vector(lamp.towards).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    thing.matrix_world = Matrix.Translation(lamp.at) @ aim
    thing.visible_camera = False
    bpy.context.scene.collection.objects.link(thing)


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "render": render, "bake": bake}


if __name__ == "__main__":
    serve(COMMANDS)
