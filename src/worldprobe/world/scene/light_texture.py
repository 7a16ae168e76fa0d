"""From baked light and colour to one texture, and from triangles with an atlas to vertices."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.world.room.atlas import filled

HIDDEN = 0.004
"""Irradiance below which a texel counts as covered by something, relative to the median of what is lit."""


def texture(arrays: dict[str, np.ndarray]) -> Float[np.ndarray, "S S 3"]:
    """Return the outgoing light of every texel, linear: colour x irradiance + glow, gaps filled from beside them.

    Texels on a chart's border see half of what is behind it, and those under something see nothing: both take the
    irradiance of their neighbours.
    """
    irradiance = arrays["irradiance"].astype(np.float64)
    trusted = trusted_texels(irradiance, arrays["traced"])
    light = doubled(filled(irradiance, trusted) if trusted.any() else irradiance)
    covered = arrays["covered"]
    own = light * arrays["colour"] + arrays["glow"]
    return filled(own, covered) if covered.any() else own


def trusted_texels(irradiance: Float[np.ndarray, "h w 3"], traced: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Return the texels whose light is their own, or that have no neighbour whose light is."""
    from scipy.ndimage import binary_erosion

    brightness = irradiance.mean(axis=-1)
    typical = float(np.median(brightness[traced])) if traced.any() else 0.0
    lit = traced & (brightness >= HIDDEN * typical) & (brightness > 0)
    inner = binary_erosion(lit)
    trusted: np.ndarray = inner | (lit & ~_near(inner))
    return trusted


def doubled(image: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "H W 3"]:
    """Return an image at twice the resolution, interpolated between the middles of its texels."""
    for axis in (0, 1):
        before, after = (np.concatenate(parts, axis) for parts in _shifted(image, axis))
        both = np.stack([0.75 * image + 0.25 * before, 0.75 * image + 0.25 * after], axis=axis + 1)
        image = both.reshape(*(2 * n if k == axis else n for k, n in enumerate(image.shape)))
    return image


def _shifted(image: np.ndarray, axis: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    first, last = image.take([0], axis), image.take([-1], axis)
    rest, front = image.take(range(1, image.shape[axis]), axis), image.take(range(image.shape[axis] - 1), axis)
    return [first, front], [rest, last]


def _near(mask: np.ndarray) -> np.ndarray:
    from scipy.ndimage import binary_dilation

    return binary_dilation(mask, np.ones((3, 3)))


def welded(
    positions: Float[np.ndarray, "V 3"], triangles: np.ndarray, uv: Float[np.ndarray, "T 3 2"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vertices, texture coordinates (origin top left) and triangles; corners alike in both are one vertex."""
    corners = triangles.ravel()
    places = np.round(uv.reshape(-1, 2) * 2**20).astype(np.int64)
    key = np.stack([corners, places[:, 0], places[:, 1]], axis=1)
    _, first, back = np.unique(key, axis=0, return_index=True, return_inverse=True)
    chosen = uv.reshape(-1, 2)[first]
    flipped = np.stack([chosen[:, 0], 1 - chosen[:, 1]], axis=1)
    return positions[corners[first]], flipped, back.reshape(-1, 3)
