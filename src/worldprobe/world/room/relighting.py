"""In Blender's process: a loaded room's lamps dimmed and tinted, and its paints turned in hue, before a frame."""

from __future__ import annotations

from functools import cache
from typing import Any

import bpy
import numpy as np
from jaxtyping import Float

from worldprobe._util.colour import linear_from_srgb, turned_hue
from worldprobe.world.room.blueprint import Blueprint
from worldprobe.world.room.paints import Paint, drawn, srgb


def material_name(paint: Paint) -> str:
    """Return the name of a paint's material."""
    return f"{paint.picture or paint.colour} {paint.glow:g}"


def relight(plan: Blueprint, lamps: Float[np.ndarray, "G 3"], hues: Float[np.ndarray, " P"]) -> None:
    """Scale the light of every lamp group, and of what glows with it, by a factor a channel; turn the paints' hues."""
    of_lamp = {place: k for k, group in enumerate(plan.lamp_groups) for place in group.lamps}
    for thing in bpy.context.scene.objects:
        if thing.type == "LIGHT":
            lamp = plan.lamps[thing["place"]]
            colour = np.array(lamp.colour) * lamps[of_lamp[thing["place"]]]
            thing.data.energy, thing.data.color = lamp.power * colour.max(), (colour / colour.max()).tolist()
    for paint in dict.fromkeys(chart.paint for chart in plan.charts if chart.paint.glow):
        for k, group in enumerate(plan.lamp_groups):
            if group.has(paint):
                _repaint(paint, tuple(lamps[k]), lambda colour, factor=lamps[k]: colour * factor)
    for paint, turn in zip(plan.paint_groups.values(), hues, strict=True):
        _repaint(paint, (float(turn),), lambda colour, turn=turn: turned_hue(colour, float(turn)))


_shown: dict[Paint, tuple[float, ...]] = {}
"""How each paint was changed last: a picture that stays as it is costs nothing."""


def _repaint(paint: Paint, how: tuple[float, ...], change: Any) -> None:
    """Show a paint with its linear colours changed, as `how` identifies; a picture's own pixels are changed."""
    if _shown.get(paint) == how:
        return
    _shown[paint] = how
    nodes = bpy.data.materials[material_name(paint)].node_tree.nodes
    surface = next(node for node in nodes if node.type in ("BSDF_DIFFUSE", "EMISSION"))
    if paint.picture is None:
        surface.inputs["Color"].default_value = (*change(linear_from_srgb(srgb(paint.colour))), 1.0)
        return
    image = bpy.data.images[paint.picture]
    pixels = change(_pixels(paint.picture))
    image.pixels.foreach_set(np.dstack([pixels, np.ones(pixels.shape[:2])]).astype(np.float32).ravel())
    image.update()


@cache
def _pixels(picture: str) -> Float[np.ndarray, "h w 3"]:
    """Return a picture's linear colours, the lowest row first as Blender has them; drawn once for all frames."""
    pixels = linear_from_srgb(drawn(picture))[::-1]
    pixels.flags.writeable = False
    return pixels
