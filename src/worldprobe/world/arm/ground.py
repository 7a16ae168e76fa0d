"""The picture of the ground: its tiles, the light on it, and what it mirrors of the walls and of the target."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.world.arm import model
from worldprobe.world.arm.light import Points, lit_ground, mirrored

TEXELS = 256
TILE_TEXEL = 2 / 300
"""Metres of a texel of the ground's tiles; the first one along the left and far sides is the edge of a tile."""


def ground_picture() -> Points:
    """Return the ground as the fixed camera sees it, (256, 256, 3), its far left corner first; 1 is full."""
    side = np.linspace(-model.ARENA, model.ARENA, TEXELS)
    x, y = np.meshgrid(side, -side)
    shown = np.minimum(_tiles(x, y) * _light(x, y), 1.0)
    ray = np.stack([x, y, np.full_like(x, -model.CAMERA_HEIGHT)], axis=-1)
    for image, seen in (_mirrored_walls(ray), _mirrored_target(ray)):
        shown = np.where(seen, np.minimum(shown + image, 1.0), shown)
    return shown


def _tiles(x: Float[np.ndarray, "h w"], y: Float[np.ndarray, "h w"]) -> Points:
    """Return the ground's own colour: the edge is blurred into the tile over one texel."""
    left, far = (np.clip(1.5 - (model.ARENA + s) / TILE_TEXEL, 0.0, 1.0) for s in (x, -y))
    edge = (1.0 - (1.0 - left) * (1.0 - far))[..., None]
    return (1.0 - edge) * model.COLOURS["ground"] + edge * model.COLOURS["edge"]


def _light(x: Float[np.ndarray, "h w"], y: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 1"]:
    """Return the light, worked out at the centre, the sides' middles and the corners, and linear between them."""
    corners = model.ARENA * np.array([[[0.0, 0, 0], [0, 1, 0]], [[1, 0, 0], [1, 1, 0]]])
    known = lit_ground(corners)
    right, up = (np.abs(s)[..., None] / model.ARENA for s in (x, y))
    near = (1.0 - up) * known[0, 0] + up * known[0, 1]
    return (1.0 - right) * near + right * ((1.0 - up) * known[1, 0] + up * known[1, 1])


def _mirrored_walls(ray: Points) -> tuple[Points, Bool[np.ndarray, "h w 1"]]:
    """Return what the camera's rays meet of the walls after the ground has mirrored them, and where they do.

    `ray` leads from the camera to the ground. Mirrored at the ground it meets a wall at `reach` times its length.
    """
    across = np.abs(ray[..., :2])
    reach = model.ARENA / across.max(axis=-1, keepdims=True)
    place = reach * ray
    place[..., 2] = (model.CAMERA_HEIGHT * (reach - 1.0))[..., 0]
    sideways = (across[..., :1] >= across[..., 1:]) * np.array([1.0, 0, 0])
    inwards = -np.sign(ray) * np.where(sideways.any(axis=-1, keepdims=True), [1.0, 0, 0], [0, 1.0, 0])
    return mirrored(place, inwards, model.COLOURS["decoration"]), place[..., 2:] < 2 * model.WALL


def _mirrored_target(ray: Points) -> tuple[Points, Bool[np.ndarray, "h w 1"]]:
    """Return what the camera's rays meet of the target after the ground has mirrored them, and where they do."""
    direction = ray / np.linalg.norm(ray, axis=-1, keepdims=True)
    direction[..., 2] *= -1.0
    centre = np.array(model.TARGET) - ray * [1.0, 1.0, 0.0]
    along = (direction * centre).sum(axis=-1, keepdims=True)
    inside = model.TARGET_RADIUS**2 - ((centre**2).sum(axis=-1, keepdims=True) - along**2)
    reach = along - np.sqrt(np.maximum(inside, 0.0))
    normal = (reach * direction - centre) / model.TARGET_RADIUS
    place = np.array(model.TARGET) + model.TARGET_RADIUS * normal
    return mirrored(place, normal, model.COLOURS["target"]), (inside > 0.0) & (reach > 0.0)
