"""Lamps dimmed one by one, and materials turned in hue: light and colour as a conversion's controls change them."""

from __future__ import annotations

from typing import Any

import bpy

from worldprobe._util.colour import hue_rotation
from worldprobe.world.blender_loop import Refused


class Lamps:
    """Lamps of the file by their names, with the power that each has there."""

    def __init__(self, names: list[str]) -> None:
        shown = {t.name: t for t in bpy.context.view_layer.objects if t.type == "LIGHT" and not t.hide_render}
        for name in names:
            if name not in shown:
                known = ", ".join(map(repr, shown)) or "none"
                raise Refused(f"There is no lamp {name!r} that the scene shows; there are: {known}.")
        self.things = [shown[name] for name in names]
        for thing in self.things:
            thing.data = thing.data.copy()  # lamps that share their settings are dimmed one by one
            thing.data.animation_data_clear()
        self._power = [thing.data.energy for thing in self.things]

    def scale(self, factors: list[float]) -> None:
        """Give each lamp a multiple of its power in the file."""
        for thing, power, factor in zip(self.things, self._power, factors, strict=True):
            thing.data.energy = power * factor

    def only(self, chosen: int | None) -> None:
        """Let one of these lamps shine as in the file, or none of them."""
        self.scale([1.0] * len(self.things))
        for k, thing in enumerate(self.things):
            thing.hide_render = k != chosen


def put_out(palette: list[Any]) -> None:
    """Leave no light but lamps': surfaces do not emit, and the world around is dark."""
    bpy.context.scene.world = None
    for tree in {m.node_tree.as_pointer(): m.node_tree for m in palette}.values():
        for node in _nodes(tree):
            if node.type == "EMISSION":
                strength = node.inputs["Strength"]
                for link in list(strength.links):
                    node.id_data.links.remove(link)
                strength.default_value = 0.0


def hide_other_lamps(kept: list[Any]) -> None:
    """Hide every lamp but these."""
    for thing in bpy.context.view_layer.objects:
        if thing.type == "LIGHT" and thing not in kept:
            thing.hide_render = True


class Hue:
    """The turn of one matte material's hue about the grey axis, in linear light, before its colour is reflected."""

    def __init__(self, material: Any) -> None:
        self.name = material.name
        tree = material.node_tree
        if any(node.type == "BSDF_DIFFUSE" for node in _nodes(tree) if node.id_data != tree):
            raise Refused(f"The material {self.name!r} has its surface in a node group: its hue cannot be a control.")
        surfaces = [node for node in tree.nodes if node.type == "BSDF_DIFFUSE"]
        if not surfaces:
            raise Refused(f"The material {self.name!r} has no colour that it reflects: its hue cannot be a control.")
        self._rows = [self._before(tree, surface.inputs["Color"]) for surface in surfaces]
        self.turn(0.0)

    def turn(self, radians: float) -> None:
        """Turn the hue to an angle."""
        for rows in self._rows:
            for node, row in zip(rows, hue_rotation(radians), strict=True):
                node.inputs[1].default_value = row.tolist()

    @staticmethod
    def _before(tree: Any, socket: Any) -> list[Any]:
        """Put a matrix, the rows of which are returned, and a cut at 0 before a colour."""
        nodes, links = tree.nodes, tree.links
        joined, cut = nodes.new("ShaderNodeCombineXYZ"), nodes.new("ShaderNodeVectorMath")
        cut.operation = "MAXIMUM"
        cut.inputs[1].default_value = (0.0, 0.0, 0.0)
        rows = []
        source = socket.links[0].from_socket if socket.links else None
        for k in range(3):
            row = nodes.new("ShaderNodeVectorMath")
            row.operation = "DOT_PRODUCT"
            if source is None:
                row.inputs[0].default_value = socket.default_value[:3]
            else:
                links.new(source, row.inputs[0])
            links.new(row.outputs["Value"], joined.inputs[k])
            rows.append(row)
        links.new(joined.outputs[0], cut.inputs[0])
        links.new(cut.outputs["Vector"], socket)
        return rows


def show_as_standard() -> str:
    """Have linear light shown as sRGB, without a film's curve; return what showed it before."""
    view = bpy.context.scene.view_settings
    before = str(view.view_transform)
    view.view_transform, view.look, view.gamma, view.use_curve_mapping = "Standard", "None", 1.0, False
    return before


def _nodes(tree: Any) -> list[Any]:
    """Return the nodes of a tree and of the groups in it."""
    found, waiting, seen = [], [tree], set()
    while waiting:
        one = waiting.pop()
        if one is None or one.as_pointer() in seen:
            continue
        seen.add(one.as_pointer())
        found += list(one.nodes)
        waiting += [node.node_tree for node in one.nodes if node.type == "GROUP"]
    return found
