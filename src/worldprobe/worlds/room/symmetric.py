"""The symmetric room: a quarter turn about its axis changes nothing, so yaw looks like yaw + 90 degrees.

One quarter is built and baked; the other three are exact copies that share its texels.
"""

from __future__ import annotations

import numpy as np

from worldprobe.worlds.room.blueprint import ROOMS, Blueprint, Lamp
from worldprobe.worlds.room.furniture import framed, plant, shade, sofa
from worldprobe.worlds.room.paints import Paint
from worldprobe.worlds.room.shapes import Chart, Part, box, panel, placed, rod

REST = (0.0, 0.0, 1.4)
REACH = (1.5, 1.5, 0.65)
HALF, HIGH = 3.2, 3.0


def quarter() -> Part:
    """The front quarter: a wall, its sofa and picture, the corner to its left, and a quarter of floor and ceiling."""
    part = panel((-HALF, HALF, 0), (2 * HALF, 0, 0), (0, 0, HIGH), Paint(picture="front wall"))
    part += triangle(0.0, 1.0, Paint("#b98a5e")) + triangle(HIGH, -1.0, Paint("#f7efe2"))
    part += box((-1.5, 0.9, 0.0), (1.5, 1.5, 0.012), Paint("#2f6f73"), omit=("-z",))
    part += placed(sofa(), (0.2, HALF - 0.5, 0))
    part += placed(framed(0.8, 0.6, "horizon"), (1.9, HALF - 0.01, 1.75))
    part += placed(plant(6, 1.3, seed=3), (-2.65, 2.65, 0))
    lamp = rod((0, 0, 0), (0, 0, 1.4), 0.014, Paint("#b98d3f"), sides=5) + shade(
        0.22, 0.17, 0.28, Paint("#ffe0ae", glow=0.95), 1.4
    )
    return part + placed(lamp, (1.75, 2.75, 0))


def triangle(z: float, facing: float, paint: Paint) -> Part:
    """The quarter of the floor (`facing` 1) or ceiling (-1) between the centre and the front wall."""
    vertices = np.array([[0, 0, z], [HALF, HALF, z], [-HALF, HALF, z]])
    flat = (vertices[:, :2] + [HALF, 0]) * [facing, 1] + [0 if facing > 0 else 2 * HALF, 0]
    order = [[0, 1, 2]] if facing > 0 else [[0, 2, 1]]
    return (Chart(vertices, np.tile([0, 0, facing], (3, 1)), np.array(order), flat, flat / (2 * HALF), paint),)


def lamps() -> tuple[Lamp, ...]:
    """A square panel of light overhead and the four corner lamps."""
    warm = (1.0, 0.72, 0.45)
    corners = ((1.75, 2.75), (-2.75, 1.75), (-1.75, -2.75), (2.75, -1.75))
    bulbs = tuple(Lamp("POINT", (x, y, 1.56), 16.0, warm, (0.09, 0.09)) for x, y in corners)
    return (Lamp("AREA", (0, 0, 2.9), 130.0, (1.0, 0.95, 0.88), (3.0, 3.0)), *bulbs)


@ROOMS.register("symmetric")
def symmetric() -> Blueprint:
    """Return the room with fourfold symmetry."""
    return Blueprint("symmetric", quarter(), lamps(), REST, REACH, hero=((0.0, -1.0, 1.5), 20.0, -4.0), turns=4)
