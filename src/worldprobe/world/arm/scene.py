"""The arm as parts for the rasteriser: MuJoCo's geoms as meshes, with the light on them baked into small textures.

The lamp and the camera stand above the shoulder, so the light on the first link never changes and is exact. Links
further out get the light of one typical posture; the tests say what that costs. Shadows lie hidden behind what casts
them, and the mirror image of the arm in the ground is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from worldprobe.render.glb import GlbPart, Material
from worldprobe.world.arm.ground import ground_picture
from worldprobe.world.arm.light import Points, lit

TYPICAL_TURN = 1.0
"""Radians of every joint but the shoulder in the posture whose light is baked."""
AROUND, CAP, ALONG = 13, 4, 10
"""Corners around the upper side of a link or ball, along each round end and along the link between them.

Textures have a texel for each corner and are blurred together when drawn small: so ends must be few among them."""
BELOW = np.radians(25.0)
"""How far below the horizon surfaces go on: the camera sees a little of their undersides far from the centre."""
WALL_TEXELS = (4, 64)


def arm_parts(mujoco: Any, model: Any) -> list[GlbPart]:
    """Return every geom of the model as a part, named as its body ("world" for the stage)."""
    data = mujoco.MjData(model)
    data.qpos[1:] = TYPICAL_TURN
    mujoco.mj_kinematics(model, data)
    return [_part(mujoco, model, data, geom) for geom in range(model.ngeom)]


def poses(positions: Float[np.ndarray, "*n 3"], rotations: Float[np.ndarray, "*n 9"]) -> Float[np.ndarray, "*n 4 4"]:
    """Return matrices to the world from MuJoCo's positions and rotations."""
    matrices = np.zeros((*positions.shape[:-1], 4, 4))
    matrices[..., :3, :3] = rotations.reshape(*rotations.shape[:-1], 3, 3)
    matrices[..., :3, 3] = positions
    matrices[..., 3, 3] = 1.0
    return matrices


def _part(mujoco: Any, model: Any, data: Any, geom: int) -> GlbPart:
    body = model.geom_bodyid[geom]
    to_world = poses(data.xpos[body], data.xmat[body])
    shape = mujoco.mjtGeom(model.geom_type[geom]).name.removeprefix("mjGEOM_").lower()
    frame = poses(data.geom_xpos[geom], data.geom_xmat[geom])
    places, normals = SURFACES[shape](frame, model.geom_size[geom])
    if model.geom(geom).name == "ground":
        shown = ground_picture()
    else:
        red, green, blue, _ = model.mat_rgba[model.geom_matid[geom]].tolist()
        shown = lit(places, normals, (red, green, blue))
    material = Material(image=np.round(255 * shown).astype(np.uint8), repeat=False)
    corners = places[:: len(places) - 1, :: places.shape[1] - 1] if shape == "plane" else places
    local = (corners - to_world[:3, 3]) @ to_world[:3, :3]
    return GlbPart(model.body(body).name, *_mesh(local, len(shown), shown.shape[1]), material, to_world)


def _plane(frame: Float[np.ndarray, "4 4"], size: Float[np.ndarray, " 3"]) -> tuple[Points, Points]:
    """Return the texels of a plane, its far left corner first."""
    rows, columns = sorted(WALL_TEXELS, reverse=bool(size[1] > size[0]))
    x, y = np.meshgrid(np.linspace(-size[0], size[0], columns), np.linspace(size[1], -size[1], rows))
    places = frame[:3, 3] + x[..., None] * frame[:3, 0] + y[..., None] * frame[:3, 1]
    return places, np.broadcast_to(frame[:3, 2], places.shape)


def _sphere(frame: Float[np.ndarray, "4 4"], size: Float[np.ndarray, " 3"]) -> tuple[Points, Points]:
    """Return the upper side of a ball."""
    up, around = np.meshgrid(np.linspace(-BELOW, np.pi / 2, CAP + 2), np.linspace(0, 2 * np.pi, 2 * AROUND - 1))
    normals = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], axis=-1)
    return frame[:3, 3] + size[0] * normals, normals


def _capsule(frame: Float[np.ndarray, "4 4"], size: Float[np.ndarray, " 3"]) -> tuple[Points, Points]:
    """Return the upper side of a link that lies flat."""
    axis, up = frame[:3, 2], np.array([0.0, 0.0, 1.0])
    side = np.cross(up, axis)
    along, around = np.meshgrid(
        np.concatenate([np.linspace(-np.pi / 2, 0, CAP), np.zeros(ALONG - 2), np.linspace(0, np.pi / 2, CAP)]),
        np.linspace(-BELOW, np.pi + BELOW, AROUND),
        indexing="ij",
    )
    across = np.cos(around)[..., None] * side + np.sin(around)[..., None] * up
    normals = np.sin(along)[..., None] * axis + np.cos(along)[..., None] * across
    middle = np.pad(np.linspace(-size[1], size[1], ALONG), CAP - 1, mode="edge")[:, None, None] * axis
    return frame[:3, 3] + middle + size[0] * normals, normals


def _cylinder(frame: Float[np.ndarray, "4 4"], size: Float[np.ndarray, " 3"]) -> tuple[Points, Points]:
    """Return the top of an upright pillar."""
    around = np.linspace(0, 2 * np.pi, 2 * AROUND - 1)
    rim = np.stack([np.cos(around), np.sin(around), np.zeros_like(around)], axis=-1)
    places = frame[:3, 3] + np.array([0, 0, size[1]]) + np.array([0.0, size[0]])[:, None, None] * rim
    return places, np.broadcast_to([0.0, 0.0, 1.0], places.shape)


SURFACES = {"plane": _plane, "sphere": _sphere, "capsule": _capsule, "cylinder": _cylinder}


def _mesh(
    corners: Points, height: int, width: int
) -> tuple[Float[np.ndarray, "V 3"], Float[np.ndarray, "V 2"], Int[np.ndarray, "T 3"]]:
    """Return positions, texture coordinates and triangles of a grid of corners; the outer texels' centres lie on it."""
    rows, columns = corners.shape[:2]
    v, u = np.meshgrid(
        (0.5 + np.linspace(0, height - 1, rows)) / height,
        (0.5 + np.linspace(0, width - 1, columns)) / width,
        indexing="ij",
    )
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return corners.reshape(-1, 3), np.stack([u.ravel(), v.ravel()], axis=1), triangles
