"""One texture for a whole room: charts packed side by side, and the gaps between them filled from the nearest chart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.world.room.shapes import Chart

PADDING = 2  # texels kept free around each chart, so that bilinear filtering never reaches a neighbour


def unwrapped(charts: Sequence[Chart], size: int) -> tuple[list[Float[np.ndarray, "V 2"]], float]:
    """Return each chart's texture coordinates in a square atlas of `size` texels, and the texels per metre reached.

    Coordinates are in [0, 1], origin at the top left as in glTF. The density is the largest that packs (to 0.5 %).
    """
    low, high = 1.0, 2.0 * size
    while high > 1.005 * low:
        middle = (low * high) ** 0.5
        if _packed(_texels(charts, middle), size) is None:
            high = middle
        else:
            low = middle
    texels = _texels(charts, low)
    corners = _packed(texels, size)
    if corners is None:
        raise ValueError(f"{len(charts)} charts do not fit into {size} x {size} texels at any density")
    coordinates = []
    for chart, corner, (width, height) in zip(charts, corners, texels, strict=True):
        inside = np.array([width, height]) - 2 * PADDING
        fraction = chart.flat / np.maximum(chart.flat.max(axis=0), 1e-12)
        upright = np.stack([fraction[:, 0], 1 - fraction[:, 1]], axis=-1)
        coordinates.append((corner + PADDING + upright * inside) / size)
    return coordinates, low


def filled(pixels: Float[np.ndarray, "S S 3"], covered: Bool[np.ndarray, "S S"]) -> Float[np.ndarray, "S S 3"]:
    """Return the atlas with every texel outside a chart copied from the nearest covered one.

    Mip levels average across chart borders; filled gaps keep those averages in the neighbourhood's own colours.
    """
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~covered, return_distances=False, return_indices=True)
    return pixels[rows, columns]


def _texels(charts: Sequence[Chart], density: float) -> Int[np.ndarray, "C 2"]:
    spans = np.array([chart.flat.max(axis=0) * chart.detail for chart in charts])
    return np.maximum(np.ceil(spans * density), 2).astype(int) + 2 * PADDING


def _packed(texels: Int[np.ndarray, "C 2"], size: int) -> Int[np.ndarray, "C 2"] | None:
    """Place rectangles, tallest first, at the lowest spot of the skyline; None where they do not fit."""
    if texels[:, 0].max() > size or (texels.prod(axis=1)).sum() > size * size:
        return None
    skyline = np.zeros(size, dtype=int)
    corners = np.zeros_like(texels)
    for k in np.lexsort((texels[:, 0], -texels[:, 1])):
        width, height = texels[k]
        resting = np.lib.stride_tricks.sliding_window_view(skyline, width).max(axis=1)
        x = int(resting.argmin())
        if resting[x] + height > size:
            return None
        corners[k] = x, resting[x]
        skyline[x : x + width] = resting[x] + height
    return corners
