"""Orientations as angles in degrees that do not jump: yaw, pitch and roll, or turns about three axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from worldprobe.errors import InvalidValue

ANGLES = ("yaw", "pitch", "roll")
TURNS = ("turn x", "turn y", "turn z")
STEEP = 80.0
"""Pitch, in degrees, beyond which yaw and roll are no longer told apart, and turns are given in their place."""

UNORDERED = 45.0
"""Median step, in degrees, from which rows are views in no order."""

TOLERANCE = 0.01
"""How far the norm of a quaternion may be from 1, and a rotation matrix from orthonormal."""

Degrees = Float[np.ndarray, "rows 3"]
Starts = Int[np.ndarray, " episodes"]


def rotations(quaternions: Float[np.ndarray, "rows 4"], name: str = "quaternion") -> Rotation:
    """Return rotations from quaternions with w last; raises InvalidValue where their norm is not 1."""
    norm = np.linalg.norm(quaternions, axis=1)
    bad = ~(np.abs(norm - 1.0) < TOLERANCE)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InvalidValue(name, f"norm {norm[row]:.4g} in row {row:,}", "quaternions of norm 1")
    return Rotation.from_quat(quaternions.astype(np.float64))


def rotations_of_matrices(matrices: Float[np.ndarray, "rows 3 3"], name: str = "rotation") -> Rotation:
    """Return rotations from matrices, of which a common scale is taken out; raises InvalidValue where they are none."""
    scale = np.cbrt(np.abs(np.linalg.det(matrices)))
    unit = matrices / np.where(scale > 0, scale, 1.0)[:, None, None]
    off = np.abs(unit @ np.swapaxes(unit, 1, 2) - np.eye(3)).max(axis=(1, 2))
    bad = (off > TOLERANCE) | (np.linalg.det(unit) < 0) | ~np.isfinite(off)
    if bad.any():
        raise InvalidValue(
            name, f"no rotation in row {int(np.flatnonzero(bad)[0]):,}", "orthonormal, right-handed matrices"
        )
    return Rotation.from_matrix(unit)


def order_of_names(names: Sequence[str]) -> str | None:
    """Return "xyzw" or "wxyz" in the order in which four names end in these letters; None where they do not."""
    letters = "".join(name.rstrip("]").lower()[-1:] for name in names)
    return letters if letters in ("xyzw", "wxyz") else None


def angles(orientation: Rotation, starts: Starts) -> tuple[Degrees, tuple[str, str, str]]:
    """Return yaw about z, pitch about y and roll about x in degrees, continuous within episodes, and their names.

    Where a pitch is steep the three are turns about the axes of the mean orientation instead, which stay distinct.
    """
    matrix = orientation.as_matrix()
    pitch = np.degrees(np.arcsin(np.clip(-matrix[:, 2, 0], -1.0, 1.0)))
    if np.abs(pitch).max() > STEEP:
        return turns(orientation, starts), TURNS
    yaw = np.degrees(np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0]))
    roll = np.degrees(np.arctan2(matrix[:, 2, 1], matrix[:, 2, 2]))
    return continuous(np.stack([yaw, pitch, roll], axis=1), starts), ANGLES


def turns(orientation: Rotation, starts: Starts) -> Degrees:
    """Return how far each orientation is turned from the mean one about the mean one's own axes, in degrees.

    The rotation vector of R_mean^T R: its direction is the axis, its length the angle, followed beyond half a turn.
    """
    vectors = (orientation.mean().inv() * orientation).as_rotvec()
    for episode in np.split(np.arange(len(vectors)), starts[1:]):
        _follow(vectors, episode)
    return np.degrees(vectors)


def _follow(vectors: Float[np.ndarray, "rows 3"], rows: Int[np.ndarray, " k"]) -> None:
    """Add whole turns about a row's axis where that brings it nearer to the row before, in place."""
    steps = np.linalg.norm(np.diff(vectors[rows], axis=0), axis=1)
    if not (steps > np.pi).any():
        return
    for before, row in pairwise(rows.tolist()):
        length = float(np.linalg.norm(vectors[row]))
        if length > 1e-9:
            axis = vectors[row] / length
            whole = np.round((vectors[before] @ axis - length) / (2 * np.pi))
            vectors[row] = axis * (length + 2 * np.pi * whole)


def continuous(degrees: Float[np.ndarray, "rows n"], starts: Starts) -> Float[np.ndarray, "rows n"]:
    """Return angles without jumps of 360 within an episode; every episode begins within half a turn of the first row.

    Angles that change by more than 45 degrees from row to row half of the time are of views in no order: those are
    given within half a turn of their circular mean.
    """
    found = np.array(degrees, dtype=np.float64)
    for column in found.T:
        steps = np.abs(_nearest(np.diff(column)))
        if steps.size and np.median(steps) > UNORDERED:
            mean = np.degrees(np.angle(np.exp(1j * np.radians(column)).mean()))
            column[:] = mean + _nearest(column - mean)
            continue
        for episode in np.split(np.arange(len(column)), starts[1:]):
            column[episode] = np.unwrap(column[episode], period=360.0)
            column[episode] -= 360.0 * np.round((column[episode[0]] - column[0]) / 360.0)
    return found


def _nearest(degrees: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    return degrees - 360.0 * np.round(degrees / 360.0)
