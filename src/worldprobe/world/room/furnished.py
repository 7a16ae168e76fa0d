"""The furnished room: a sunny living room, 7 m x 6 m x 3 m, whose every wall and corner is different.

The camera rests 0.8 m behind the middle, 1.65 m high, and looks along +Y at the sofa, over the table: near and far
things in one view tell a rise from a tilt, and a step from a pan. Left (-X) is the window, right (+X) books
and a table, behind (-Y) the door. The camera's box (see `REACH`) stays empty; only low things stand below it.
"""

from __future__ import annotations

from worldprobe.world.room.blueprint import ROOMS, Blueprint, Lamp, LampGroup, View
from worldprobe.world.room.furniture import (
    OCHRE,
    PETROL,
    armchair,
    bookshelf,
    chair,
    coffee_table,
    curtain,
    door,
    floor_lamp,
    framed,
    pendant,
    plant,
    pouf,
    round_table,
    sideboard,
    sofa,
    vase,
    window_frame,
)
from worldprobe.world.room.paints import Paint
from worldprobe.world.room.shapes import Part, box, panel, placed

REST = (0.0, -0.8, 1.65)
REACH = (1.5, 1.5, 0.85)
WIDE, DEEP, HIGH = 7.0, 6.0, 3.0
WINDOW = (-0.7, 1.3, 0.8, 2.45)  # y from, y to, z from, z to

TEAL, NAVY = Paint("#2d7377"), Paint("#35567c")
LAMP_GROUPS = (LampGroup("sun", (0, 1), glowing=("sky",)), LampGroup("lamps", (2, 3, 4, 5), all_else=True))
PAINT_GROUPS = {
    "sofa": PETROL,
    "rug": Paint(picture="rug"),
    "wall": Paint(picture="front wall"),
    "window-wall": TEAL,
    "armchair": OCHRE,
}


def shell() -> Part:
    """Floor, ceiling and the four walls, the left one around its window."""
    x, y = WIDE / 2, DEEP / 2
    part = placed(panel((-x, -y, 0), (WIDE, 0, 0), (0, DEEP, 0), Paint(picture="planks")), detail=1.1)
    part += placed(panel((-x, y, HIGH), (WIDE, 0, 0), (0, -DEEP, 0), Paint("#f7efe2")), detail=0.5)
    part += panel((-x, y, 0), (WIDE, 0, 0), (0, 0, HIGH), Paint(picture="front wall"))
    part += panel((x, y, 0), (0, -DEEP, 0), (0, 0, HIGH), Paint(picture="right wall"))
    part += placed(panel((x, -y, 0), (-WIDE, 0, 0), (0, 0, HIGH), NAVY), detail=0.5)
    low, high, sill, head = WINDOW
    for y0, y1, z0, z1 in ((-y, low, 0, HIGH), (high, y, 0, HIGH), (low, high, 0, sill), (low, high, head, HIGH)):
        part += panel((-x, y0, z0), (0, y1 - y0, 0), (0, 0, z1 - z0), TEAL)
    return part


def trim() -> Part:
    """Skirting boards, ceiling beams and a picture rail on the window wall."""
    x, y, white, beam = WIDE / 2, DEEP / 2, Paint("#fbf6ec"), Paint("#8a5a3a")
    part = box((-x, y - 0.02, 0), (x, y, 0.1), white, omit=("-z", "+y", "-x", "+x"))
    part += box((x - 0.02, -y, 0), (x, y, 0.1), white, omit=("-z", "+x", "-y", "+y"))
    part += box((-x, -y, 0), (-x + 0.02, y, 0.1), white, omit=("-z", "-x", "-y", "+y"))
    for at, wide in ((1.9, 0.2), (0.4, 0.2), (-1.6, 0.2)):
        part += placed(box((-x, at, HIGH - 0.2), (x, at + wide, HIGH), beam, omit=("+z", "-x", "+x")), detail=0.7)
    return part


def outside() -> Part:
    """What the window shows: a painted landscape, 2 m beyond the wall, that shines by itself."""
    return placed(panel((-5.5, -3.4, -0.9), (0, 8.2, 0), (0, 0, 5.2), Paint(picture="sky", glow=1.1)), detail=0.35)


def furniture() -> Part:
    """Everything that stands, hangs and lies in the room."""
    part = placed(panel((-1.6, -1.0, 0.012), (3.2, 0, 0), (0, 2.4, 0), Paint(picture="rug")), detail=1.2)
    part += placed(sofa(), (0.15, 2.45, 0))
    part += placed(coffee_table(), (0.1, 0.75, 0), detail=1.3)
    part += placed(armchair(), (-2.5, 1.75, 0), turn=58)
    part += placed(floor_lamp(), (-1.75, 2.68, 0))
    part += placed(plant(11, 1.6, seed=3), (-3.02, 2.55, 0))
    part += placed(pouf(Paint("#c8694a")), (-1.95, 0.55, 0))
    part += placed(bookshelf(seed=5), (3.32, 1.75, 0), turn=-90)
    part += placed(plant(9, 0.85, seed=9), (2.2, 2.62, 0))
    part += placed(round_table(), (2.5, -0.55, 0)) + placed(vase(), (2.42, -0.5, 0.74))
    part += placed(chair(Paint("#dba545")), (2.35, 0.33, 0), turn=180) + placed(
        chair(Paint("#c8694a")), (2.75, -1.45, 0)
    )
    part += placed(pendant(0.28, "#e2a93b"), (2.5, -0.55, 1.72), detail=0.9)
    part += placed(pendant(0.3, "#d98064"), (-0.35, 1.1, 2.34))
    part += placed(sideboard(), (-3.2, -1.85, 0), turn=90)
    part += placed(framed(0.62, 0.82, "blocks"), (3.485, -0.95, 1.62), turn=-90)
    part += placed(framed(0.62, 0.82, "stems"), (3.485, -0.05, 1.55), turn=-90)
    part += placed(framed(1.0, 0.75, "horizon"), (-3.485, -1.95, 1.6), turn=90)
    part += placed(door(), (0.9, -2.98, 0), turn=180, detail=0.6)
    low, high, sill, head = WINDOW
    part += window_frame(-WIDE / 2, low, high, sill, head)
    part += placed(curtain(0.5, 2.5, Paint("#e9cdb2")), (-3.36, high + 0.1, 0.05), turn=90)
    return part + placed(curtain(0.5, 2.5, Paint("#e9cdb2")), (-3.36, low - 0.6, 0.05), turn=90)


def lamps() -> tuple[Lamp, ...]:
    """The sun and the sky through the window, and three warm bulbs."""
    warm, day = (1.0, 0.72, 0.45), (0.72, 0.86, 1.0)
    low, high, sill, head = WINDOW
    middle = (-WIDE / 2 - 0.05, (low + high) / 2, (sill + head) / 2)
    return (
        Lamp("SUN", (0, 0, 0), 9.0, (1.0, 0.84, 0.64), (1.2, 1.2), (0.8, 0.2, -0.52)),
        Lamp("AREA", middle, 150.0, day, (head - sill, high - low), (1.0, 0.0, 0.0)),
        Lamp("POINT", (-1.75, 2.6, 1.56), 16.0, warm, (0.09, 0.09)),
        Lamp("POINT", (2.5, -0.55, 1.78), 22.0, warm, (0.08, 0.08)),
        Lamp("POINT", (-0.35, 1.1, 2.42), 24.0, warm, (0.08, 0.08)),
        Lamp("AREA", (0.0, -0.6, 2.78), 62.0, (1.0, 0.96, 0.91), (4.5, 3.2), (0.0, 0.0, -1.0)),
    )


@ROOMS.register("room")
def furnished() -> Blueprint:
    """Return the furnished room."""
    charts = shell() + trim() + outside() + furniture()
    hero = View((1.6, -2.4, 1.55), 20.0, -6.0, 56.0)
    return Blueprint("room", charts, lamps(), REST, REACH, hero, lamp_groups=LAMP_GROUPS, paint_groups=PAINT_GROUPS)
