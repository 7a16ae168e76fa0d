"""The sky around a scene: the inside of a large sphere with an equirectangular picture on it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.render.glb import GlbPart, Material

COLUMNS, ROWS = 32, 16


def dome(picture: UInt8[np.ndarray, "H W 3"], centre: Float[np.ndarray, "3"], radius: float) -> GlbPart:
    """Return the sphere, seen from inside; the picture's middle column lies along +Y, and left of it what is left."""
    u, v = np.meshgrid(np.linspace(0, 1, COLUMNS + 1), np.linspace(0, 1, ROWS + 1))
    turn, up = 2 * np.pi * (0.5 - u), np.pi * (0.5 - v)
    outward = np.stack([-np.sin(turn) * np.cos(up), np.cos(turn) * np.cos(up), np.sin(up)], axis=-1)
    index = np.arange((ROWS + 1) * (COLUMNS + 1)).reshape(ROWS + 1, COLUMNS + 1)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    triangles = np.concatenate([np.stack([a, c, b], axis=1), np.stack([a, d, c], axis=1)])
    material = Material(image=picture, double_sided=True, repeat=False)
    points = centre + radius * outward.reshape(-1, 3)
    return GlbPart("sky", points, np.stack([u, v], axis=-1).reshape(-1, 2), triangles, material, np.eye(4))
