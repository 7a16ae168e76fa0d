"""Makes attic.blend, a small scene to try `worldprobe scene` on: python examples/make_attic.py [attic.blend]

An attic with a window, instances, modifiers, a packed picture, a metal vase, a glass bottle and a lamp that glows.
"""

from __future__ import annotations

import sys
from math import radians
from pathlib import Path
from typing import Any

import bpy
import numpy as np

Triple = tuple[float, float, float]

WIDE, LONG, HIGH = 5.0, 6.0, 3.2
SLOPE = 32.62  # degrees, from the side walls to the ridge


def material(name: str, colour: Triple, **settings: float) -> Any:
    """Return a material of one colour; `settings` are inputs of Blender's Principled BSDF."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    surface = made.node_tree.nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*colour, 1.0)
    surface.inputs["Roughness"].default_value = 0.8
    for key, value in settings.items():
        surface.inputs[key.replace("_", " ")].default_value = value
    return made


def planks() -> Any:
    """Return wooden planks, a procedural texture on the object's own coordinates."""
    made = material("planks", (0.3, 0.18, 0.1))
    nodes, links = made.node_tree.nodes, made.node_tree.links
    bricks, place = nodes.new("ShaderNodeTexBrick"), nodes.new("ShaderNodeTexCoord")
    bricks.inputs["Color1"].default_value, bricks.inputs["Color2"].default_value = (
        (0.42, 0.26, 0.14, 1),
        (0.3, 0.17, 0.09, 1),
    )
    bricks.inputs["Mortar"].default_value = (0.12, 0.07, 0.04, 1)
    bricks.inputs["Scale"].default_value = 1.6
    links.new(place.outputs["Object"], bricks.inputs["Vector"])
    links.new(bricks.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    return made


def painting() -> Any:
    """Return a picture, packed into the file."""
    y, x = np.mgrid[0:96, 0:128] / 96
    pixels = np.stack([0.5 + 0.5 * np.sin(7 * x), y, 0.6 - 0.4 * np.cos(5 * x * y), np.ones_like(x)], axis=-1)
    image = bpy.data.images.new("painting", 128, 96)
    image.pixels.foreach_set(pixels.astype(np.float32).ravel())
    image.pack()
    made = material("painting", (1, 1, 1))
    node = made.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    made.node_tree.links.new(node.outputs["Color"], made.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
    return made


def block(name: str, at: Triple, size: Triple, paint: Any) -> Any:
    """Add a box by its centre and sides."""
    bpy.ops.mesh.primitive_cube_add(size=1, location=at)
    thing = bpy.context.object
    thing.name, thing.scale = name, size
    thing.data.materials.append(paint)
    return thing


def wall(name: str, at: Triple, size: tuple[float, float], turn: Triple, paint: Any) -> Any:
    """Add a one-sided sheet, turned by degrees."""
    bpy.ops.mesh.primitive_plane_add(size=1, location=at, rotation=[radians(a) for a in turn])
    thing = bpy.context.object
    thing.name, thing.scale = name, (*size, 1)
    thing.data.materials.append(paint)
    return thing


def shell() -> None:
    """Add floor, walls with a window, and a sloping roof."""
    plaster, beam = material("plaster", (0.75, 0.7, 0.62)), material("beam", (0.2, 0.12, 0.07))
    wall("floor", (0, 0, 0), (WIDE, LONG), (0, 0, 0), planks())
    for side in (-1, 1):
        wall(f"side wall {side}", (side * WIDE / 2, 0, 0.8), (1.6, LONG), (0, -side * 90, 0), plaster)
        width = WIDE / 2 / np.cos(radians(SLOPE))
        wall(f"roof {side}", (side * WIDE / 4, 0, 2.4), (width, LONG), (0, side * SLOPE, 0), plaster)
    wall("back wall", (0, -LONG / 2, HIGH / 2), (WIDE, HIGH), (-90, 0, 0), material("back", (0.35, 0.45, 0.4)))
    for k, (x, z, w, h) in enumerate(
        [(-1.75, 1.6, 1.5, 3.2), (1.75, 1.6, 1.5, 3.2), (0, 0.45, 2, 0.9), (0, 2.75, 2, 0.9)]
    ):
        wall(f"front wall {k}", (x, LONG / 2, z), (w, h), (90, 0, 0), plaster)
    for k in range(4):
        block(f"beam {k}", (0, -2.4 + 1.6 * k, 2.35), (WIDE, 0.14, 0.16), beam)


def furniture() -> None:
    """Add a table with stools that share one mesh, a shelf of books, a rug and pictures."""
    oak = material("oak", (0.5, 0.33, 0.17))
    block("table", (0.6, 1.2, 0.74), (1.5, 0.8, 0.05), oak)
    for x in (-0.05, 1.25):
        for y in (0.9, 1.5):
            block("leg", (x, y, 0.36), (0.06, 0.06, 0.72), oak)
    bpy.ops.mesh.primitive_cylinder_add(vertices=24, radius=0.18, depth=0.45, location=(0, 0, 0))
    stool = bpy.context.object
    stool.name = "stool"
    stool.location = (0.2, 0.5, 0.225)
    stool.data.materials.append(material("red", (0.55, 0.06, 0.05)))
    for at in ((1.1, 0.5, 0.225), (0.6, 2.0, 0.225)):
        copy = stool.copy()
        copy.location = at
        bpy.context.collection.objects.link(copy)
    block("shelf", (-2.3, -0.6, 0.8), (0.35, 1.8, 0.04), oak)
    book = block("book", (-2.3, -1.4, 0.97), (0.22, 0.04, 0.3), material("linen", (0.1, 0.2, 0.4)))
    books = book.modifiers.new("row", "ARRAY")
    books.count, books.use_relative_offset, books.use_constant_offset = 14, False, True
    books.constant_offset_displace = (0, 3.0, 0)  # in the book's own units, of 4 cm
    wall("rug", (-0.4, -0.8, 0.01), (2.2, 1.5), (0, 0, 12), material("rug", (0.6, 0.3, 0.1)))
    wall("picture", (1.2, -LONG / 2 + 0.02, 1.5), (0.9, 0.7), (90, 0, 180), painting())


def shiny() -> None:
    """Add what cannot be baked as it is: metal, glass; and a ball that glows."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, radius=0.16, location=(0.9, 1.2, 0.93))
    vase = bpy.context.object
    vase.name = "vase"
    vase.data.materials.append(material("brass", (0.8, 0.6, 0.25), Metallic=1.0, Roughness=0.2))
    bpy.ops.mesh.primitive_cylinder_add(vertices=24, radius=0.05, depth=0.3, location=(0.3, 1.3, 0.92))
    bottle = bpy.context.object
    bottle.name = "bottle"
    bottle.data.materials.append(material("glass", (0.9, 1, 0.95), Transmission_Weight=1.0, Roughness=0.0))
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=3, radius=0.14, location=(-1.6, 1.8, 1.5))
    lamp = bpy.context.object
    lamp.name = "paper lamp"
    glow = material("paper", (1, 0.9, 0.7), Emission_Strength=12.0)
    glow.node_tree.nodes["Principled BSDF"].inputs["Emission Color"].default_value = (1, 0.7, 0.4, 1)
    lamp.data.materials.append(glow)
    for thing in (vase, lamp):
        thing.data.shade_smooth()


def light() -> None:
    """Add the sun through the window, a lamp on the ceiling, and a blue sky."""
    bpy.ops.object.light_add(type="SUN", location=(0, 6, 5), rotation=(radians(-55), 0, radians(20)))
    bpy.context.object.name, bpy.context.object.data.energy = "sun", 6.0
    bpy.ops.object.light_add(type="AREA", location=(0, -0.6, 2.2))
    ceiling = bpy.context.object
    ceiling.name, ceiling.data.energy, ceiling.data.size = "ceiling lamp", 60.0, 0.8
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.35, 0.55, 0.9, 1)
    bpy.context.scene.world = world


def main() -> None:
    """Build the scene and save it, compressed."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    shell()
    furniture()
    shiny()
    light()
    camera = bpy.data.cameras.new("camera")
    camera.lens = 20
    thing = bpy.data.objects.new("camera", camera)
    thing.location, thing.rotation_euler = (0.0, -0.9, 1.35), (radians(86), 0, radians(-8))
    bpy.context.collection.objects.link(thing)
    bpy.context.scene.camera = thing
    bpy.context.scene.view_settings.view_transform = "Standard"
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "attic.blend").resolve()
    bpy.ops.wm.save_as_mainfile(filepath=str(target), compress=True)


if __name__ == "__main__":
    main()
