"""Every surface of the evaluated scene, modifiers applied and instances made real, as plain arrays in one mesh.

What materials ask of the object that they lie on (generated and object coordinates, its random number) is kept as
attributes of the corners, for a joined mesh has one object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix

from worldprobe.world.blender_loop import Refused

UV, GENERATED, LOCAL, RANDOM, COLOUR = "wp uv", "wp generated", "wp object", "wp random", "wp colour"
OF_OBJECTS = {GENERATED: 3, LOCAL: 3, RANDOM: 1, COLOUR: 4}
SURFACES = {"MESH", "CURVE", "SURFACE", "META", "FONT"}
MOST_COUNTED = 200_000_000
FEW = 60
"""Triangles of a mesh up to which none are merged."""


@dataclass
class Surfaces:
    """Triangles of the whole scene, in Blender's units; `corner` arrays have three rows a triangle."""

    positions: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    materials: np.ndarray
    owners: np.ndarray
    uv: dict[str, np.ndarray]
    attributes: dict[str, np.ndarray]
    palette: list[Any]
    names: list[str]
    """What the numbers in `owners` are called: the objects."""

    def turn(self, chosen: np.ndarray) -> None:
        """Let the chosen triangles face the other way."""
        order = np.arange(3 * len(self.triangles)).reshape(-1, 3)
        order[chosen] = order[chosen][:, [0, 2, 1]]
        self.triangles = self.triangles.ravel()[order]
        self._take_corners(order.ravel())
        self.normals[np.repeat(chosen, 3)] *= -1

    def keep(self, chosen: np.ndarray) -> None:
        """Keep the chosen triangles only."""
        self.triangles, self.materials, self.owners = (
            values[chosen] for values in (self.triangles, self.materials, self.owners)
        )
        self._take_corners(np.flatnonzero(np.repeat(chosen, 3)))

    def _take_corners(self, order: np.ndarray) -> None:
        self.normals = self.normals[order]
        self.uv = {name: values[order] for name, values in self.uv.items()}
        self.attributes = {name: values[order] for name, values in self.attributes.items()}


@dataclass
class _Pieces:
    positions: list[np.ndarray] = field(default_factory=list)
    triangles: list[np.ndarray] = field(default_factory=list)
    normals: list[np.ndarray] = field(default_factory=list)
    materials: list[np.ndarray] = field(default_factory=list)
    owners: list[np.ndarray] = field(default_factory=list)
    layers: list[dict[str, np.ndarray]] = field(default_factory=list)
    vertices: int = 0


def counted() -> dict[str, int]:
    """Return how many triangles every object of the evaluated scene has, instances counted each time."""
    found: dict[str, int] = {}
    total = 0
    for instance in _shown():
        mesh = _mesh_of(instance.object)
        if mesh is None:
            continue
        count = len(mesh.loops) - 2 * len(mesh.polygons)
        name = instance.object.name
        found[name] = found.get(name, 0) + count
        total += count
        if total > MOST_COUNTED:
            raise Refused(f"The scene has more than {MOST_COUNTED:,} triangles, too many to count. Simplify it.")
    return {name: count for name, count in found.items() if count}


def decimate(ratios: dict[str, float], otherwise: float) -> None:
    """Give meshes a modifier that keeps a share of their triangles: by object, and one for all others of some size."""
    for thing in bpy.context.view_layer.objects:
        ratio = ratios.get(thing.name, otherwise)
        if thing.type == "MESH" and ratio < 1 and len(thing.data.polygons) > FEW:
            modifier = thing.modifiers.new("fewer triangles", "DECIMATE")
            modifier.ratio = ratio
    bpy.context.view_layer.update()


def gathered() -> Surfaces:
    """Return all surfaces that a render shows; raises Refused where there is none."""
    pieces, palette, names = _Pieces(), dict[str, int](), dict[str, int]()
    asked = _asked_attributes()
    for number, instance in enumerate(_shown()):
        thing = instance.object
        mesh = _mesh_of(thing)
        if mesh is None or not len(mesh.polygons):
            continue
        matrix = np.array(instance.matrix_world)
        if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < 1e-18:
            continue
        owner = names.setdefault(thing.original.name, len(names))
        _add(pieces, thing, mesh, matrix, palette, owner, number, asked)
    if not pieces.positions:
        raise Refused("The scene has no surface that a render shows: no mesh, curve or text.")
    layer_names = sorted({name for layer in pieces.layers for name in layer})
    layers = {name: _joined(pieces, name) for name in layer_names}
    return Surfaces(
        np.concatenate(pieces.positions),
        np.concatenate(pieces.triangles),
        np.concatenate(pieces.normals),
        np.concatenate(pieces.materials),
        np.concatenate(pieces.owners),
        {name: values for name, values in layers.items() if values.shape[1] == 2},
        {name: values for name, values in layers.items() if values.shape[1] != 2},
        [bpy.data.materials.get(name) if name else None for name in palette],
        list(names),
    )


def joined_object(surfaces: Surfaces, name: str) -> Any:
    """Return a new object with these surfaces and their materials, linked to the scene."""
    data = bpy.data.meshes.new(name)
    corners = surfaces.triangles.ravel().astype(np.int32)
    count = len(surfaces.triangles)
    data.vertices.add(len(surfaces.positions))
    data.vertices.foreach_set("co", surfaces.positions.astype(np.float32).ravel())
    data.loops.add(len(corners))
    data.loops.foreach_set("vertex_index", corners)
    data.polygons.add(count)
    data.polygons.foreach_set("loop_start", np.arange(0, 3 * count, 3, dtype=np.int32))
    for material in surfaces.palette:
        data.materials.append(material)
    data.polygons.foreach_set("material_index", surfaces.materials.astype(np.int32))
    for layer, values in surfaces.uv.items():
        data.uv_layers.new(name=layer).data.foreach_set("uv", values.astype(np.float32).ravel())
    for layer, values in surfaces.attributes.items():
        kind = {1: "FLOAT", 3: "FLOAT_VECTOR", 4: "FLOAT_COLOR"}[values.shape[1]]
        attribute = data.attributes.new(layer, kind, "CORNER")
        attribute.data.foreach_set({1: "value", 3: "vector", 4: "color"}[values.shape[1]], values.ravel())
    data.update(calc_edges=True)
    data.shade_smooth()
    data.normals_split_custom_set(surfaces.normals.tolist())
    thing = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def place(thing: Any, positions: np.ndarray) -> None:
    """Put the vertices of a mesh to other places, in Blender's units."""
    thing.data.vertices.foreach_set("co", positions.astype(np.float32).ravel())
    thing.data.update()
    bpy.context.view_layer.update()


def leave_lamps() -> None:
    """Remove everything but lamps and cameras, which stay where they are shown: without parents and constraints.

    Lamps of instanced collections become lamps of the scene's own.
    """
    shown = [
        (instance.object.original, np.array(instance.matrix_world))
        for instance in bpy.context.evaluated_depsgraph_get().object_instances
        if instance.is_instance and instance.object.type == "LIGHT" and not instance.object.hide_render
    ]
    kept = [thing for thing in bpy.context.view_layer.objects if thing.type in {"LIGHT", "CAMERA"}]
    placed = [(thing, thing.matrix_world.copy()) for thing in kept]
    for thing, matrix in placed:
        thing.animation_data_clear()
        thing.constraints.clear()
        thing.parent = None
        thing.matrix_world = matrix
    for lamp, matrix in shown:
        copy = bpy.data.objects.new(lamp.name, lamp.data)
        copy.matrix_world = Matrix(matrix.tolist())
        copy.visible_camera = False
        bpy.context.scene.collection.objects.link(copy)
        kept.append(copy)
    for thing in list(bpy.data.objects):
        if thing not in kept:
            bpy.data.objects.remove(thing)
    bpy.context.view_layer.update()


def _shown() -> Any:
    """Yield the evaluated instances that a render shows."""
    for instance in bpy.context.evaluated_depsgraph_get().object_instances:
        owner = instance.parent if instance.is_instance else instance.object
        if instance.object.type in SURFACES and instance.show_self and not owner.original.hide_render:
            yield instance


def _mesh_of(thing: Any) -> Any:
    if thing.type == "MESH":
        return thing.data
    try:
        return thing.to_mesh()
    except RuntimeError:
        return None


def _asked_attributes() -> set[str]:
    """Return the names of attributes and texture coordinates that materials ask for."""
    asked = set()
    trees = [material.node_tree for material in bpy.data.materials if material.node_tree]
    for tree in trees + list(bpy.data.node_groups):
        for node in tree.nodes:
            for key in ("attribute_name", "layer_name", "uv_map"):
                asked.add(getattr(node, key, ""))
    return asked - {""}


def _add(
    pieces: _Pieces,
    thing: Any,
    mesh: Any,
    matrix: np.ndarray,
    palette: dict[str, int],
    owner: int,
    number: int,
    asked: set[str],
) -> None:
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    if not count:
        return
    local = _read(mesh.vertices, "co", 3)
    if not np.isfinite(local).all():
        raise Refused(f"{thing.name!r} has a vertex whose place is not a finite number.")
    vertices = _read(mesh.loop_triangles, "vertices", 3, np.int32)
    loops = _read(mesh.loop_triangles, "loops", 3, np.int32)
    polygons = np.zeros(count, np.int32)
    mesh.loop_triangles.foreach_get("polygon_index", polygons)
    slots = np.zeros(count, np.int32)
    mesh.loop_triangles.foreach_get("material_index", slots)
    normals = _read(mesh.corner_normals, "vector", 3)
    mirrored = np.linalg.det(matrix[:3, :3]) < 0
    order = [0, 2, 1] if mirrored else [0, 1, 2]
    vertices, loops = vertices[:, order], loops[:, order]
    inverse = np.linalg.inv(matrix[:3, :3])
    turned = normals[loops.ravel()] @ inverse
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)
    materials = [slot.material for slot in thing.material_slots] or [None]
    numbers = np.array([palette.setdefault(m.original.name if m else "", len(palette)) for m in materials])
    pieces.positions.append(local @ matrix[:3, :3].T + matrix[:3, 3])
    pieces.triangles.append(vertices + pieces.vertices)
    pieces.normals.append(turned)
    pieces.materials.append(numbers[np.minimum(slots, len(numbers) - 1)])
    pieces.owners.append(np.full(count, owner, np.int32))
    pieces.vertices += len(local)
    chosen = {"POINT": vertices.ravel(), "CORNER": loops.ravel(), "FACE": np.repeat(polygons, 3)}
    layers = {name: _attribute(mesh, name, chosen) for name in asked if name in mesh.attributes}
    used = next((layer for layer in mesh.uv_layers if layer.active_render), None)
    if used is not None:
        layers[UV] = _attribute(mesh, used.name, chosen)
    painted = mesh.color_attributes
    if len(painted):
        name = painted[max(painted.render_color_index, 0)].name
        layers[COLOUR] = _attribute(mesh, name, chosen)
    low, size = local.min(axis=0), np.maximum(np.ptp(local, axis=0), 1e-9)
    corners = local[vertices.ravel()]
    layers |= {GENERATED: (corners - low) / size, LOCAL: corners}
    layers[RANDOM] = np.full((len(corners), 1), (number * 0.61803398875) % 1.0)
    pieces.layers.append({name: values for name, values in layers.items() if values is not None})


def _attribute(mesh: Any, name: str, chosen: dict[str, np.ndarray]) -> np.ndarray | None:
    attribute = mesh.attributes[name]
    form = {
        "FLOAT": ("value", 1),
        "FLOAT2": ("vector", 2),
        "FLOAT_VECTOR": ("vector", 3),
        "FLOAT_COLOR": ("color", 4),
        "BYTE_COLOR": ("color", 4),
    }.get(attribute.data_type)
    if form is None or attribute.domain not in chosen:
        return None
    return _read(attribute.data, *form)[chosen[attribute.domain]]


def _joined(pieces: _Pieces, name: str) -> np.ndarray:
    width = next(layer[name].shape[1] for layer in pieces.layers if name in layer)
    parts = []
    for layer, triangles in zip(pieces.layers, pieces.triangles, strict=True):
        values = layer.get(name)
        if values is None or values.shape[1] != width:
            values = np.ones((3 * len(triangles), width)) if width == 4 else np.zeros((3 * len(triangles), width))
        parts.append(values)
    return np.concatenate(parts).astype(np.float32)


def _read(collection: Any, key: str, width: int, kind: Any = np.float32) -> np.ndarray:
    values = np.zeros(len(collection) * width, kind)
    collection.foreach_get(key, values)
    shaped = values.reshape(-1, width)
    return shaped.astype(np.float64) if kind == np.float32 else shaped
