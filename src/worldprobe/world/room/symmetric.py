"""The symmetric room: a quarter turn about its axis changes nothing, so yaw looks like yaw + 90 degrees.

One quarter is built and baked; the other three are exact copies that share its texels.
"""

from __future__ import annotations

import numpy as np

from worldprobe.world.room.blueprint import ROOMS, Blueprint, Lamp, View
from worldprobe.world.room.furniture import framed, plant, shade, sofa
from worldprobe.world.room.paints import Paint
from worldprobe.world.room.shapes import Chart, Part, panel, placed, rod

REST = (0.0, 0.0, 1.4)
REACH = (1.5, 1.5, 0.85)
HALF, HIGH = 3.2, 3.0


def quarter() -> Part:
    """The front quarter: a wall, its sofa and picture, the corner to its left, and a quarter of floor and ceiling."""
    part = panel((-HALF, HALF, 0), (2 * HALF, 0, 0), (0, 0, HIGH), Paint(picture="front wall"))
    part += wedge(0.0, HALF, 0.0, 1.0, Paint("#a98a6c")) + wedge(0.0, HALF, HIGH, -1.0, Paint("#eef0ea"))
    part += wedge(0.0, 0.55, 0.012, 1.0, Paint("#dba545")) + wedge(0.55, 1.6, 0.012, 1.0, Paint("#2b5f86"))
    part += placed(sofa(), (0.2, HALF - 0.5, 0))
    part += placed(framed(0.7, 0.95, "stems"), (-2.2, HALF - 0.01, 1.7))
    part += placed(plant(6, 1.3, seed=3), (-2.65, 2.65, 0))
    lamp = rod((0, 0, 0), (0, 0, 1.4), 0.014, Paint("#b98d3f"), sides=5) + shade(
        0.22, 0.17, 0.28, Paint("#ffe0ae", glow=0.95), 1.4
    )
    return part + placed(lamp, (1.75, 2.75, 0))


def wedge(near: float, far: float, z: float, facing: float, paint: Paint) -> Part:
    """A quarter of a horizontal square ring, from `near` to `far` metres in front, facing up (1) or down (-1)."""
    corners = [[near, near], [far, far], [-far, far], [-near, near]][: 3 if near == 0 else 4]
    vertices = np.column_stack([np.array(corners), np.full(len(corners), z)])
    flat = (vertices[:, :2] - [0, near]) * [facing, 1] + [far, 0]
    triangles = np.array([[0, k, k + 1] for k in range(1, len(corners) - 1)])
    triangles = triangles if facing > 0 else triangles[:, ::-1]
    normals = np.tile([0.0, 0.0, facing], (len(corners), 1))
    return (Chart(vertices, normals, triangles, flat, flat / flat.max(axis=0), paint),)


def lamps() -> tuple[Lamp, ...]:
    """A square panel of light overhead and the four corner lamps."""
    warm = (1.0, 0.72, 0.45)
    corners = ((1.75, 2.75), (-2.75, 1.75), (-1.75, -2.75), (2.75, -1.75))
    bulbs = tuple(Lamp("POINT", (x, y, 1.56), 16.0, warm, (0.09, 0.09)) for x, y in corners)
    return (Lamp("AREA", (0, 0, 2.9), 130.0, (1.0, 0.98, 0.95), (3.0, 3.0)), *bulbs)


@ROOMS.register("symmetric")
def symmetric() -> Blueprint:
    """Return the room with fourfold symmetry."""
    return Blueprint(
        "symmetric", quarter(), lamps(), REST, REACH, hero=View((0.9, -1.9, 1.6), 24.0, -7.0, 66.0), turns=4
    )
