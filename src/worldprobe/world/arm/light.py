"""MuJoCo's light, worked out once: what its renderer shows at a point of a surface, seen from the fixed camera.

Its renderer is OpenGL's classic one. Two lights shine: one in the camera's direction, one lamp above the shoulder
with a soft cone. Each adds ambient, diffuse and Blinn's specular light and is cut off at 1 by itself.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.world.arm import model

_CAMERA, _LAMP = np.array([0.0, 0.0, model.CAMERA_HEIGHT]), np.array([0.0, 0.0, model.LAMP_HEIGHT])
_CONE_COSINE = np.cos(np.radians(model.LAMP_CUTOFF_DEGREES))
_SHARPNESS = 128 * model.SHININESS
_MIRROR = np.array([1.0, 1.0, -1.0])

Points = Float[np.ndarray, "*grid 3"]
Colour = tuple[float, float, float]


def lit(points: Points, normals: Points, colour: Colour) -> Points:
    """Return what is seen of a plain surface: display values, 1 is full."""
    head, lamp = _lights(points, normals, np.array(colour), _CAMERA)
    return np.minimum(np.minimum(head, 1.0) + np.minimum(lamp, 1.0), 1.0)


def lit_ground(points: Points) -> Float[np.ndarray, "*grid 1"]:
    """Return the factor, up to 2, by which light shows the ground's texture."""
    head, lamp = _lights(points, np.broadcast_to([0.0, 0.0, 1.0], points.shape), np.ones(1), _CAMERA)
    return np.minimum(head, 1.0) + np.minimum(lamp, 1.0)


def mirrored(points: Points, normals: Points, colour: Colour) -> Points:
    """Return what the ground adds where it mirrors this point of a surface above it."""
    dim = model.REFLECTANCE * np.array(colour)
    head, lamp = _lights(points, normals, dim, _CAMERA * _MIRROR)
    return np.minimum(head + lamp, 1.0)


def _lights(
    points: Points, normals: Points, colour: Float[np.ndarray, " c"], eye: Float[np.ndarray, " 3"]
) -> tuple[Float[np.ndarray, "*grid c"], Float[np.ndarray, "*grid c"]]:
    """Return what head light and lamp show of a surface to an eye."""
    to_eye = _unit(eye - points)
    above = np.broadcast_to([0.0, 0.0, 1.0], points.shape)
    head = colour * (model.HEADLIGHT["ambient"] + model.HEADLIGHT["diffuse"] * _facing(normals, above))
    head = head + model.SPECULAR * model.HEADLIGHT["specular"] * _shine(normals, above, to_eye)
    to_lamp = _unit(_LAMP - points)
    cosine = to_lamp[..., 2:]
    cone = np.where(cosine > _CONE_COSINE, cosine, 0.0) ** model.LAMP_EXPONENT
    lamp = colour * model.LAMP["diffuse"] * _facing(normals, to_lamp)
    lamp = cone * (lamp + model.SPECULAR * model.LAMP["specular"] * _shine(normals, to_lamp, to_eye))
    return head, lamp


def _facing(normals: Points, to_light: Points) -> Float[np.ndarray, "*grid 1"]:
    return np.maximum((normals * to_light).sum(axis=-1, keepdims=True), 0.0)


def _shine(normals: Points, to_light: Points, to_eye: Points) -> Float[np.ndarray, "*grid 1"]:
    """Return Blinn's highlight, none where the light is behind the surface."""
    halfway = _facing(normals, _unit(to_light + to_eye)) ** _SHARPNESS
    return np.where(_facing(normals, to_light) > 0.0, halfway, 0.0)


def _unit(vectors: Points) -> Points:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
