"""Lights and paints as colours to be shown: what a control of them means, in one swatch."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, UInt8

from worldprobe._util.colour import srgb_from_linear, turned_hue


def mean_colours(
    colour: Float[np.ndarray, "S S 3"], uv: Float[np.ndarray, "T 3 2"], paints: Int[np.ndarray, " T"], count: int
) -> Float[np.ndarray, "P 3"]:
    """Return each paint's mean colour at its triangles' middles, weighted by their share of the texture.

    The texture has its lowest row first; `paints` numbers the triangles' paints from 1, 0 for none.
    """
    size = len(colour)
    middle = np.clip((uv.mean(axis=1) * size).astype(int), 0, size - 1)
    a, b = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    found = colour[size - 1 - middle[:, 1], middle[:, 0], :3]
    means = [
        (found * (area * (paints == k))[:, None]).sum(axis=0) / max(area[paints == k].sum(), 1e-12)
        for k in range(1, count + 1)
    ]
    return np.array(means).reshape(count, 3)


def painted(colour: Float[np.ndarray, "3"], turns: Float[np.ndarray, " N"]) -> UInt8[np.ndarray, "N 3"]:
    """Return a linear colour at N turns of its hue (radians), as it is shown."""
    return shown(np.stack([turned_hue(colour, float(turn)) for turn in turns]))


def shown(light: Float[np.ndarray, "N 3"]) -> UInt8[np.ndarray, "N 3"]:
    """Return linear light as it is shown: sRGB bytes, 1 as white, what is brighter cut."""
    return np.rint(255.0 * srgb_from_linear(light)).astype(np.uint8)
