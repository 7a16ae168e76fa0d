"""The camera: from position and angles to the matrix that every renderer shares."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

VERTICAL_FOV_DEGREES = 90.0


def camera_to_world(
    position: Float[np.ndarray, "N 3"],
    yaw: Float[np.ndarray, " N"],
    pitch: Float[np.ndarray, " N"],
    roll: Float[np.ndarray, " N"],
) -> Float[np.ndarray, "N 4 4"]:
    """Return camera-to-world matrices, float64, in Blender's frame: metres, +Z up, the camera at rest looks along +Y.

    `position` in metres; angles in degrees: yaw pans to the left (counter-clockwise from above), pitch tilts up, roll
    leans the camera to the right (clockwise as the camera sees). A camera looks down its local -Z with +Y up, as in
    Blender and in OpenGL. The rotation is Rz(yaw) Rx(90 + pitch) Rz(-roll).
    """
    y, p, r = np.radians(yaw), np.radians(90.0 + np.asarray(pitch)), np.radians(-np.asarray(roll))
    matrix = np.zeros((len(position), 4, 4))
    matrix[:, :3, :3] = _rotation(y, 2) @ _rotation(p, 0) @ _rotation(r, 2)
    matrix[:, :3, 3] = position
    matrix[:, 3, 3] = 1.0
    return matrix


def level_axes(yaw: float) -> Float[np.ndarray, "3 3"]:
    """Return the directions right, ahead and up, one a row, of a camera that is level and panned by `yaw` degrees."""
    cosine, sine = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    return np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _rotation(angle: Float[np.ndarray, " N"], axis: int) -> Float[np.ndarray, "N 3 3"]:
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    matrix = np.zeros((len(angle), 3, 3))
    matrix[:, axis, axis] = 1.0
    matrix[:, i, i] = matrix[:, j, j] = np.cos(angle)
    matrix[:, i, j], matrix[:, j, i] = -np.sin(angle), np.sin(angle)
    return matrix
