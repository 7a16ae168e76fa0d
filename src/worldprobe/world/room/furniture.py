"""Furniture: each piece stands on z = 0 at the origin and faces -Y, towards the camera at rest."""

from __future__ import annotations

import numpy as np

from worldprobe.world.room.paints import Paint
from worldprobe.world.room.shapes import Part, box, cushion, disc, grid, panel, placed, rod, turned, two_sided

OAK, WALNUT, BRASS, LINEN = Paint("#c0935f"), Paint("#7a4e32"), Paint("#b98d3f"), Paint("#efe4d2")
PETROL = Paint("#2f5f73")
OCHRE, TERRACOTTA, NAVY, BLUSH = Paint("#dba545"), Paint("#c8694a"), Paint("#2b4568"), Paint("#e7b9a4")


def legs(wide: float, deep: float, high: float, paint: Paint = OAK, splay: float = 0.04) -> Part:
    """Four slightly splayed tapering legs under a wide x deep rectangle."""
    part: Part = ()
    for x in (-wide / 2, wide / 2):
        for y in (-deep / 2, deep / 2):
            foot = (x + splay * np.sign(x), y + splay * np.sign(y), 0.0)
            part += rod(foot, (x, y, high), 0.017, paint, tip=0.026, sides=5)
    return part


def sofa(paint: Paint = PETROL) -> Part:
    """A three-seater, 2.3 m wide, with cushions in the room's warm colours; it stands with its back to a wall."""
    part = cushion((-1.05, -0.42, 0.14), (1.05, 0.45, 0.34), 0.04, paint, omit=("-z", "+y"))
    part += cushion((-1.1, 0.2, 0.3), (1.1, 0.45, 0.78), 0.07, paint, omit=("+y",))
    for side in (-1, 1):
        arm, seat = 1.1 * side, 0.505 * side
        part += cushion((arm - 0.1, -0.45, 0.14), (arm + 0.1, 0.45, 0.6), 0.06, paint, omit=("+y",))
        part += cushion((seat - 0.495, -0.44, 0.31), (seat + 0.495, 0.22, 0.47), 0.05, paint, omit=("-z",))
    for x, turn, cover in ((-0.72, 12, OCHRE), (-0.34, -8, BLUSH), (0.66, -14, TERRACOTTA)):
        part += placed(cushion((-0.22, -0.07, 0), (0.22, 0.07, 0.4), 0.065, cover), (x, 0.1, 0.46), turn=turn)
    return part + legs(1.9, 0.7, 0.15, WALNUT, 0.02)


def armchair(paint: Paint = OCHRE) -> Part:
    """A low armchair with rounded arms."""
    part = cushion((-0.36, -0.38, 0.16), (0.36, 0.36, 0.42), 0.06, paint)
    part += cushion((-0.4, 0.2, 0.2), (0.4, 0.42, 0.82), 0.09, paint)
    for side in (-1, 1):
        arm = 0.39 * side
        part += cushion((arm - 0.07, -0.38, 0.18), (arm + 0.07, 0.36, 0.58), 0.06, paint)
    part += placed(cushion((-0.2, -0.06, 0), (0.2, 0.06, 0.36), 0.055, Paint("#f1e2c6")), (0.02, 0.12, 0.41), turn=6)
    return part + legs(0.6, 0.6, 0.17, WALNUT, 0.03)


def coffee_table() -> Part:
    """A round oak table with books, a bowl and a cup; everything below 0.6 m."""
    part = turned([(0.5, 0), (0.5, 0.035)], OAK, foot=(0, 0, 0.365), sides=20)
    part += disc((0, 0, 0.4), 0.5, OAK, sides=20) + disc((0, 0, 0.365), 0.5, OAK, facing=-1, sides=20)
    part += legs(0.5, 0.5, 0.37, OAK, 0.07)
    for k, (w, d, paint) in enumerate(((0.3, 0.22, TERRACOTTA), (0.27, 0.2, LINEN), (0.22, 0.17, NAVY))):
        z = 0.4 + 0.032 * k
        part += placed(
            box((-w / 2, -d / 2, z), (w / 2, d / 2, z + 0.032), paint, omit=("-z",)), (-0.18, 0.06, 0), turn=9 * k
        )
    bowl = [(0.05, 0), (0.12, 0.03), (0.15, 0.09)]
    part += turned(bowl, Paint("#3f8f8a"), foot=(0.2, 0.1, 0.4), sides=12)
    return part + disc((0.2, 0.1, 0.485), 0.148, Paint("#e08a3c"), sides=12)


def pouf(paint: Paint) -> Part:
    """A round pouf, 0.4 m high."""
    side = [(0.24, 0), (0.3, 0.08), (0.31, 0.2), (0.3, 0.32), (0.22, 0.39)]
    return turned(side, paint, sides=14) + disc((0, 0, 0.39), 0.22, paint, sides=14)


def sideboard() -> Part:
    """A walnut sideboard with three coloured doors, a lamp and books."""
    part = box((-0.85, -0.2, 0.16), (0.85, 0.2, 0.72), WALNUT, omit=("+y",)) + legs(1.5, 0.3, 0.17, OAK, 0.02)
    for x, paint in ((-0.81, OCHRE), (-0.26, LINEN), (0.29, Paint("#8fb1a4"))):
        part += panel((x, -0.206, 0.2), (0.52, 0, 0), (0, 0, 0.48), paint)
    part += turned([(0.09, 0), (0.12, 0.1), (0.05, 0.26), (0.06, 0.3)], TERRACOTTA, foot=(-0.5, 0, 0.72), sides=10)
    for k, (paint, tall) in enumerate(((NAVY, 0.24), (BLUSH, 0.2), (OCHRE, 0.22), (LINEN, 0.19))):
        part += box((0.2 + 0.05 * k, -0.09, 0.72), (0.245 + 0.05 * k, 0.09, 0.72 + tall), paint, omit=("-z",))
    return part


def bookshelf(seed: int) -> Part:
    """A tall walnut shelf, 1.7 m x 2.2 m, with five rows of coloured books and a few objects."""
    rng = np.random.default_rng(seed)
    wide, high, deep, board = 1.7, 2.2, 0.3, 0.035
    part = box((-wide / 2, 0.1, 0), (wide / 2, 0.13, high), Paint("#5d3a26"), omit=("-x", "+x", "-z", "+y"))
    for x in (-wide / 2, wide / 2 - board):
        part += box((x, -deep / 2, 0), (x + board, 0.13, high), WALNUT, omit=("-z", "+y"))
    colours = ("#c8694a", "#dba545", "#2b4568", "#3f8f8a", "#efe4d2", "#8f3b3b", "#7fa37a", "#e7b9a4", "#4f7fae")
    for row in range(6):
        z = 0.06 + row * (high - 0.1) / 5
        part += box(
            (-wide / 2 + board, -deep / 2, z), (wide / 2 - board, 0.1, z + board), WALNUT, omit=("-x", "+x", "+y")
        )
        if row == 5:
            break
        x = -wide / 2 + board + 0.02
        end = wide / 2 - board - (0.55 if row in (1, 3) else 0.12)
        while x < end:
            thick, tall, depth = rng.uniform(0.06, 0.13), rng.uniform(0.22, 0.34), rng.uniform(0.16, 0.22)
            low, top = (x, -depth / 2 - 0.03, z + board), (x + thick - 0.006, 0.09, z + board + tall)
            part += box(low, top, Paint(colours[rng.integers(len(colours))]), omit=("-z", "+y"))
            x += thick
        if row in (1, 3):
            pot = [(0.07, 0), (0.13, 0.1), (0.09, 0.22), (0.05, 0.25)]
            part += turned(
                pot, Paint(("#e08a3c", "#f3eadb")[row // 2]), foot=(wide / 2 - 0.3, -0.02, z + board), sides=10
            )
    return part


def floor_lamp() -> Part:
    """A brass floor lamp with a glowing linen shade, 1.7 m high."""
    part = turned([(0.16, 0), (0.16, 0.025)], BRASS, sides=12) + disc((0, 0, 0.025), 0.16, BRASS)
    part += rod((0, 0, 0.02), (0, 0, 1.4), 0.014, BRASS, sides=5)
    return part + shade(0.25, 0.19, 0.3, Paint("#ffe0ae", glow=0.95), 1.4)


def shade(low: float, high: float, tall: float, paint: Paint, z: float) -> Part:
    """A lampshade, open below and above, whose inside is brighter than its outside."""
    inner = Paint("#fff1d0", glow=1.0)
    part = turned([(low, 0), (high, tall)], paint, foot=(0, 0, z), sides=14)
    return part + turned([(low - 0.01, 0), (high - 0.01, tall)], inner, foot=(0, 0, z), sides=14, inside=True)


def pendant(radius: float, colour: str) -> Part:
    """A dome lamp that hangs from the ceiling (3 m); its rim is at z = 0 and it is placed at that height."""
    dome = [(radius, 0), (0.9 * radius, 0.1), (0.55 * radius, 0.2), (0.1 * radius, 0.26)]
    part = turned(dome, Paint(colour, glow=0.8), sides=14)
    inner = [(r - 0.008, h) for r, h in dome]
    part += turned(inner, Paint("#ffedc4", glow=1.0), sides=14, inside=True)
    return part + rod((0, 0, 0.25), (0, 0, 1.4), 0.009, Paint("#3a3a3c"), sides=4)


def plant(leaves: int, tall: float, seed: int) -> Part:
    """A potted plant with arching leaves that are two-sided sheets."""
    rng = np.random.default_rng(seed)
    pot = [(0.13, 0), (0.17, 0.15), (0.18, 0.3)]
    part = turned(pot, Paint("#c9805f"), sides=12) + disc((0, 0, 0.27), 0.175, Paint("#4b3526"))
    for k in range(leaves):
        turn = 360 * k / leaves + rng.uniform(-15, 15)
        reach, height = tall * rng.uniform(0.2, 0.42), tall * rng.uniform(0.6, 1.0)
        green = Paint(("#3f7d4e", "#5c9a5b", "#2f6b4a")[k % 3])
        part += placed(leaf(reach, height - 0.27, 0.05 + 0.045 * tall, green), (0, 0, 0.27), turn=float(turn))
    return part


def leaf(reach: float, tall: float, wide: float, paint: Paint) -> Part:
    """An arching leaf towards -Y, both sides."""
    t = np.linspace(0, 1, 5)
    middle = np.stack([0 * t, -reach * t**1.6, tall * np.sin(0.5 * np.pi * t**0.85)], axis=-1)
    half = wide * np.array([0.12, 0.55, 1.0, 0.75, 0.02])
    rows = np.stack([middle - half[:, None] * [1, 0, -0.15], middle, middle + half[:, None] * [1, 0, 0.15]], axis=1)
    return two_sided(rows, paint)


def round_table() -> Part:
    """A round white table on one turned leg, 0.74 m high."""
    top, foot = Paint("#f6efe3"), Paint("#d9d0c2")
    part = turned([(0.5, 0), (0.5, 0.03)], top, foot=(0, 0, 0.71), sides=20)
    part += disc((0, 0, 0.74), 0.5, top, sides=20) + disc((0, 0, 0.71), 0.5, top, facing=-1, sides=20)
    return part + turned([(0.3, 0), (0.06, 0.12), (0.05, 0.5), (0.12, 0.71)], foot, sides=12)


def vase() -> Part:
    """A blue vase with three orange tulips; it stands on z = 0."""
    part = turned([(0.05, 0), (0.08, 0.08), (0.035, 0.2), (0.05, 0.24)], Paint("#3d6f9e"), sides=10)
    for x, y, z in ((0.1, 0.02, 0.46), (-0.08, 0.07, 0.5), (-0.02, -0.09, 0.43)):
        part += rod((0, 0, 0.2), (x, y, z), 0.008, Paint("#4f8a4b"), sides=4)
        part += turned([(0.012, 0), (0.045, 0.03), (0.035, 0.08)], Paint("#e5673a"), foot=(x, y, z - 0.02), sides=6)
    return part


def chair(paint: Paint) -> Part:
    """A dining chair with a bent back; the back stands at +Y."""
    part = cushion((-0.22, -0.22, 0.43), (0.22, 0.22, 0.48), 0.022, paint) + legs(0.36, 0.36, 0.44, OAK, 0.04)
    angle = np.radians(np.linspace(-50, 50, 6))
    rim = np.stack([0.27 * np.sin(angle), 0.27 * np.cos(angle) - 0.05], axis=-1)
    front = np.stack([np.column_stack([rim, np.full(6, z)]) for z in (0.6, 0.84)])
    outer = front * [1.1, 1.1, 1.0]
    part += grid(front, paint) + grid(outer[:, ::-1], paint)
    part += grid(np.stack([front[1], outer[1]]), paint)
    return (
        part
        + rod((-0.19, 0.14, 0.44), (-0.19, 0.16, 0.66), 0.014, OAK, sides=4)
        + rod((0.19, 0.14, 0.44), (0.19, 0.16, 0.66), 0.014, OAK, sides=4)
    )


def framed(wide: float, high: float, picture: str) -> Part:
    """A framed picture; its back is at y = 0 and its middle at z = 0."""
    rim, frame = 0.035, Paint("#5a3b28")
    part = box((-wide / 2, -0.03, -high / 2), (wide / 2, 0, high / 2), frame, omit=("+y",))
    inside = (wide - 2 * rim, high - 2 * rim)
    return part + panel(
        (-inside[0] / 2, -0.034, -inside[1] / 2), (inside[0], 0, 0), (0, 0, inside[1]), Paint(picture=picture)
    )


def door() -> Part:
    """A coral door in a white frame, 2.1 m high."""
    part = box((-0.53, -0.05, 0), (0.53, 0.02, 2.15), Paint("#fbf6ec"), omit=("-z", "+y"))
    part += panel((-0.45, -0.055, 0.01), (0.9, 0, 0), (0, 0, 2.06), Paint("#d9785c"))
    for z, tall in ((0.2, 0.75), (1.1, 0.8)):
        part += panel((-0.32, -0.06, z), (0.64, 0, 0), (0, 0, tall), Paint("#e08f74"))
    return part


def window_frame(x: float, low: float, high: float, sill: float, head: float) -> Part:
    """A white frame with one mullion and one bar in an opening of the wall at `x`, and a deep oak sill."""
    white, t = Paint("#fbf6ec"), 0.06
    part: Part = ()
    middle, bar = (low + high) / 2, sill + 0.68 * (head - sill)
    for y in (low, middle - t / 2, high - t):
        part += box((x - 0.08, y, sill), (x + 0.03, y + t, head), white)
    for z in (sill, bar - t / 2, head - t):
        part += box((x - 0.08, low, z), (x + 0.025, high, z + t), white)
    return part + box((x, low - 0.06, sill - 0.05), (x + 0.16, high + 0.06, sill), OAK, omit=("-x",))


def curtain(wide: float, high: float, paint: Paint) -> Part:
    """A hanging curtain with three soft folds, both sides; it hangs in the plane y = 0 from x = 0."""
    x = np.linspace(0, wide, 13)
    fold = 0.05 * np.sin(6 * np.pi * x / wide)
    return two_sided(np.stack([np.column_stack([x, fold, np.full(13, z)]) for z in (0.0, high)]), paint, 0.01)
