"""Shapes that a room is made of, as charts: pieces of surface that lie flat in a texture without overlap.

Everything is numpy in Blender's frame (metres, +Z up). A part is a tuple of charts; parts are added with `+`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from worldprobe.world.room.paints import Paint

Vector = Sequence[float] | Float[np.ndarray, "3"]


@dataclass(frozen=True, eq=False)
class Chart:
    """A triangulated piece of surface: positions, unit normals, where vertices lie when flattened, and its paint.

    `flat` is in metres from the chart's lower left corner; `picture` in [0, 1]^2 reads the paint's texture (v upwards);
    `detail` multiplies the texels per metre that the chart gets in the atlas.
    """

    vertices: Float[np.ndarray, "V 3"]
    normals: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "F 3"]
    flat: Float[np.ndarray, "V 2"]
    picture: Float[np.ndarray, "V 2"]
    paint: Paint
    detail: float = 1.0


Part = tuple[Chart, ...]

FACES = {"-x": (0, -1), "+x": (0, 1), "-y": (1, -1), "+y": (1, 1), "-z": (2, -1), "+z": (2, 1)}


def panel(corner: Vector, right: Vector, up: Vector, paint: Paint, *, shows: Sequence[float] = (0, 0, 1, 1)) -> Part:
    """Return a parallelogram facing `right` x `up`; `shows` is the part of the paint's texture (u0, v0, u1, v1)."""
    a, b = np.asarray(right, float), np.asarray(up, float)
    steps = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    normal = np.cross(a, b)
    u0, v0, u1, v1 = shows
    return (
        Chart(
            vertices=np.asarray(corner, float) + steps[:, :1] * a + steps[:, 1:] * b,
            normals=np.tile(normal / np.linalg.norm(normal), (4, 1)),
            triangles=np.array([[0, 1, 2], [0, 2, 3]]),
            flat=steps * [np.linalg.norm(a), np.linalg.norm(b)],
            picture=np.array([u0, v0]) + steps * [u1 - u0, v1 - v0],
            paint=paint,
        ),
    )


def box(low: Vector, high: Vector, paint: Paint, *, omit: Iterable[str] = ()) -> Part:
    """Return the faces of an axis-aligned box but those named in `omit` ("-z" stands on the floor)."""
    lo, size = np.asarray(low, float), np.asarray(high, float) - np.asarray(low, float)
    part: Part = ()
    for name in FACES.keys() - set(omit):
        axis, sign = FACES[name]
        i, j = ((1, 2), (2, 0), (0, 1))[axis]
        if sign < 0:
            i, j = j, i
        right, up, corner = (
            np.eye(3)[i] * size[i],
            np.eye(3)[j] * size[j],
            lo + np.eye(3)[axis] * size[axis] * (sign > 0),
        )
        part += panel(corner, right, up, paint)
    return tuple(sorted(part, key=lambda chart: tuple(chart.normals[0])))


def cushion(low: Vector, high: Vector, radius: float, paint: Paint, *, omit: Iterable[str] = ()) -> Part:
    """Return a box with rounded edges and smooth normals: 18 triangles a face."""
    lo, hi = np.asarray(low, float), np.asarray(high, float)
    middle, half = (lo + hi) / 2, (hi - lo) / 2
    inner = half - radius
    part: Part = ()
    for name in sorted(FACES.keys() - set(omit)):
        axis, sign = FACES[name]
        i, j = ((1, 2), (2, 0), (0, 1))[axis]
        if sign < 0:
            i, j = j, i
        cube = np.zeros((4, 4, 3))
        cube[..., axis] = sign * half[axis]
        cube[..., i] = np.array([-half[i], -inner[i], inner[i], half[i]])[None, :]
        cube[..., j] = np.array([-half[j], -inner[j], inner[j], half[j]])[:, None]
        core = np.clip(cube, -inner, inner)
        normals = (cube - core) / np.linalg.norm(cube - core, axis=-1, keepdims=True)
        part += grid(middle + core + radius * normals, paint, normals=normals)
    return part


def grid(
    points: Float[np.ndarray, "rows columns 3"],
    paint: Paint,
    *,
    normals: Float[np.ndarray, "rows columns 3"] | None = None,
) -> Part:
    """Return a curved sheet through rows (upwards) and columns (rightwards) of points; smooth without `normals`."""
    rows, columns, _ = points.shape
    if normals is None:
        du, dv = np.gradient(points, axis=1), np.gradient(points, axis=0)
        normals = np.cross(du, dv)
        normals = normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    across = np.linalg.norm(np.diff(points, axis=1), axis=-1).max(axis=0)
    along = np.linalg.norm(np.diff(points, axis=0), axis=-1).max(axis=1)
    x, y = np.concatenate([[0], across.cumsum()]), np.concatenate([[0], along.cumsum()])
    flat = np.stack(np.meshgrid(x, y), axis=-1)
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    corners = points.reshape(-1, 3)[triangles]
    solid = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) > 1e-9
    return (
        Chart(
            points.reshape(-1, 3),
            normals.reshape(-1, 3),
            triangles[solid],
            flat.reshape(-1, 2),
            (flat / flat.max(axis=(0, 1))).reshape(-1, 2),
            paint,
        ),
    )


def two_sided(points: Float[np.ndarray, "rows columns 3"], paint: Paint, thickness: float = 0.006) -> Part:
    """Return a thin sheet seen from both sides; the back is the front shifted, so that they never cross."""
    front = grid(points, paint)[0]
    behind = replace(
        front,
        vertices=front.vertices - thickness * front.normals,
        normals=-front.normals,
        triangles=front.triangles[:, ::-1],
        flat=np.column_stack([front.flat[:, 0].max() - front.flat[:, 0], front.flat[:, 1]]),
    )
    return front, behind


def turned(
    profile: Sequence[tuple[float, float]],
    paint: Paint,
    *,
    foot: Vector = (0, 0, 0),
    axis: Vector = (0, 0, 1),
    sides: int = 12,
    inside: bool = False,
) -> Part:
    """Return the surface of revolution of (radius, height) points about `axis` from `foot`; `inside` faces the axis."""
    w = np.asarray(axis, float) / np.linalg.norm(axis)
    u = np.cross([0.0, 1.0, 0.0] if abs(w[1]) < 0.9 else [1.0, 0.0, 0.0], w)
    u /= np.linalg.norm(u)
    v = np.cross(w, u)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    spoke = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
    r, h = np.array(profile, float).T
    points = np.asarray(foot, float) + r[:, None, None] * spoke + h[:, None, None] * w
    dr, dh = np.gradient(r), np.gradient(h)
    slope = np.maximum(np.hypot(dr, dh), 1e-12)
    normals = (dh / slope)[:, None, None] * spoke - (dr / slope)[:, None, None] * w
    if inside:
        return grid(points[:, ::-1], paint, normals=-normals[:, ::-1])
    return grid(points, paint, normals=normals)


def disc(centre: Vector, radius: float, paint: Paint, *, facing: float = 1.0, sides: int = 12) -> Part:
    """Return a horizontal disc facing up (`facing` 1) or down (-1)."""
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    vertices = np.asarray(centre, float) + np.column_stack([ring, np.zeros(sides)])
    fan = np.array([[0, k, k + 1] for k in range(1, sides - 1)])
    flat = ring * [1, facing] + radius
    return (
        Chart(
            vertices,
            np.tile([0.0, 0.0, facing], (sides, 1)),
            fan if facing > 0 else fan[:, ::-1],
            flat,
            flat / (2 * radius),
            paint,
        ),
    )


def rod(start: Vector, end: Vector, radius: float, paint: Paint, *, tip: float | None = None, sides: int = 6) -> Part:
    """Return an open-ended rod between two points, `radius` thick at its start and `tip` at its end."""
    axis = np.asarray(end, float) - np.asarray(start, float)
    thin = radius if tip is None else tip
    return turned([(radius, 0), (thin, float(np.linalg.norm(axis)))], paint, foot=start, axis=axis, sides=sides)


def placed(part: Part, at: Vector = (0, 0, 0), *, turn: float = 0.0, detail: float = 1.0) -> Part:
    """Return the part turned about the vertical (degrees, counter-clockwise from above), moved, its detail scaled."""
    c, s = _exact_cosine(turn), _exact_cosine(turn - 90)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return tuple(
        replace(
            chart,
            vertices=chart.vertices @ rotation.T + np.asarray(at, float),
            normals=chart.normals @ rotation.T,
            detail=chart.detail * detail,
        )
        for chart in part
    )


def _exact_cosine(degrees: float) -> float:
    return [1.0, 0.0, -1.0, 0.0][int(degrees // 90) % 4] if degrees % 90 == 0 else float(np.cos(np.radians(degrees)))
