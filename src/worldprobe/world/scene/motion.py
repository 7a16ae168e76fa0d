"""Rigid motion of a scene's parts: about an axis or along one, several in a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.errors import WorldprobeError
from worldprobe.world.scene.manifest import Manifest, Motion
from worldprobe.world.scene.motion_request import MotionRequest

TOLERANCE = 2e-4
"""Distance from rigid motion that counts as none, as a share of the scene's diagonal: Blender counts in float32."""


@dataclass(frozen=True)
class MovingObjects:
    """What one control moves: its motion, and the objects that follow it."""

    request: MotionRequest
    motion: Motion
    owners: frozenset[str]


def poses(motion: Motion, values: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N 4 4"]:
    """Return the matrices that take what moves from where it is at the motion's centre to where it is at `values`."""
    away = np.asarray(values, dtype=np.float64) - motion.centre
    matrices = np.tile(np.eye(4), (len(away), 1, 1))
    axis = np.array(motion.axis)
    if motion.kind == "translation":
        matrices[:, :3, 3] = away[:, None] * axis
        return matrices
    angle, point = np.radians(away)[:, None, None], np.array(motion.point)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    matrices[:, :3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    matrices[:, :3, 3] = point - matrices[:, :3, :3] @ point
    return matrices


def part_poses(manifest: Manifest, z: Float[np.ndarray, "N n"]) -> dict[str, Float[np.ndarray, "N 4 4"]]:
    """Return the matrices of every moving part of a world, by its name, at N control vectors."""
    moved = {
        moved.name: poses(moved.motion, moved.control().physical(z[:, k]))
        for k, moved in enumerate(manifest.controls)
        if moved.motion is not None
    }
    found = {}
    for part in manifest.parts:
        matrices = np.tile(np.eye(4), (len(z), 1, 1))
        for name in part.controls:  # the outermost first; of one that is left out, what it moves stays at its centre
            if name in moved:
                matrices = (matrices[:, :, :, None] * moved[name][:, None, :, :]).sum(axis=2)
        found[part.name] = matrices
    return found


def rigid_motion(request: MotionRequest, frames: Float[np.ndarray, "5 4 4"]) -> Motion:
    """Return the motion of an object from its matrices to the world, in metres, at the request's values.

    Raises WorldprobeError where they are not those of a turn about one axis, or of a move along one.
    """
    values = np.array(request.values)
    step = frames[1] @ np.linalg.inv(frames[0])
    origin = frames[2, :3, 3]
    if request.kind == "location":
        axis = (frames[-1, :3, 3] - frames[0, :3, 3]) / (values[-1] - values[0])
        point = origin
    else:
        skew = (step[:3, :3] - step[:3, :3].T) / 2
        axis = np.array([skew[2, 1], skew[0, 2], skew[1, 0]])  # times the sine: no step is above a quarter turn
        length = np.linalg.norm(axis)
        axis = axis / length if length > 1e-9 else np.zeros(3)
        point = np.linalg.lstsq(np.eye(3) - step[:3, :3], step[:3, 3], rcond=1e-9)[0]
        point = point + axis * (axis @ (origin - point))
    motion = Motion(
        kind="translation" if request.kind == "location" else "rotation",
        axis=[float(f"{x:.9g}") for x in axis] if np.any(axis) else [0.0, 0.0, 1.0],
        point=[float(f"{x:.9g}") for x in point],
        centre=request.centre,
    )
    moved = poses(motion, values) @ frames[2]
    reach = 1.0 + float(np.abs(frames[:, :3, 3]).max())
    if np.abs(moved - frames).max() > TOLERANCE * reach:
        does = "turn about" if request.kind == "rotation" else "move along"
        raise WorldprobeError(
            f"--control {request.name}: it does not {does} one axis in this file (a constraint, or an uneven "
            "scale of its parents). Remove that in Blender, or give another control."
        )
    return motion


def followers(
    request: MotionRequest,
    motion: Motion,
    positions: Float[np.ndarray, "5 V 3"],
    owner_of: Int[np.ndarray, " V"],
    names: Sequence[str],
) -> frozenset[str]:
    """Return the objects that follow a motion, from the places of all vertices at the request's values.

    Raises WorldprobeError where nothing does, or where an object moves in another way: only rigid motion is drawn.
    """
    expected = [positions[2] @ pose[:3, :3].T + pose[:3, 3] for pose in poses(motion, np.array(request.values))]
    moved, off = (
        np.any([off_by_owner(a, b, owner_of, len(names)) for a, b in zip(positions, others, strict=True)], axis=0)
        for others in ([positions[2]] * len(positions), expected)
    )
    bent = [names[k] for k in np.flatnonzero(moved & off)]
    if bent:
        raise WorldprobeError(
            f"--control {request.name}: {', '.join(map(repr, bent[:3]))} bends or moves in another way when it does. "
            "Only what moves as a whole can be drawn: give each piece an object of its own."
        )
    if not moved.any():
        raise WorldprobeError(f"--control {request.name}: nothing that is seen moves with it.")
    return frozenset(names[k] for k in np.flatnonzero(moved))


def swept(
    positions: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "T 3"],
    following: Sequence[tuple[MovingObjects, Bool[np.ndarray, " T"]]],
) -> tuple[Float[np.ndarray, "W 3"], Int[np.ndarray, "U 3"]]:
    """Return a scene's surfaces with copies of what moves, at the values of each request: where no camera may be."""
    places, corners = [positions], [triangles]
    for moving, follows in following:
        for pose in poses(moving.motion, np.array(moving.request.values)):
            corners.append(triangles[follows] + sum(map(len, places)))
            places.append(positions @ pose[:3, :3].T + pose[:3, 3])
    return np.concatenate(places), np.concatenate(corners)


def off_by_owner(
    places: Float[np.ndarray, "V 3"], expected: Float[np.ndarray, "V 3"], owner_of: Int[np.ndarray, " V"], owners: int
) -> Bool[np.ndarray, " owners"]:
    """Return of each object whether any of its vertices is not where it is expected."""
    far = np.abs(places - expected).max(axis=1) > TOLERANCE * float(np.linalg.norm(np.ptp(expected, axis=0)))
    return np.bincount(owner_of[far & (owner_of >= 0)], minlength=owners) > 0
