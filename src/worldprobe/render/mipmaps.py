"""Smaller copies of a texture, averaged in linear light, so that a distant surface keeps its brightness."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe._util.colour import linear_from_srgb, srgb_from_linear


def mip_chain(
    image: UInt8[np.ndarray, "h w 3"], colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> list[UInt8[np.ndarray, "_ _ 3"]]:
    """Return sRGB `image` times the linear factor `colour`, then every halving of it down to one pixel.

    Each level is the area average of the one before, taken in linear light and rounded only when it is written.
    """
    light = linear_from_srgb(image / 255.0) * np.clip(colour, 0.0, 1.0)
    return [_rounded(level) for level in halvings(light)]


def halvings(light: Float[np.ndarray, "h w 3"]) -> Iterator[Float[np.ndarray, "_ _ 3"]]:
    """Yield `light` and every halving of it down to one pixel."""
    yield light
    while max(light.shape[:2]) > 1:
        rows, columns = (_halving(side) for side in light.shape[:2])
        light = np.einsum("ih,hwc->iwc", rows, light, optimize=True)
        light = np.einsum("jw,iwc->ijc", columns, light, optimize=True)
        yield light


def _halving(side: int) -> Float[np.ndarray, "half side"]:
    """Return the weights that average `side` texels into half as many (rounded down), each by the length it covers."""
    half = max(1, side // 2)
    edges = np.arange(half + 1) * (side / half)
    texels = np.arange(side)
    covered = np.minimum(edges[1:, None], texels + 1) - np.maximum(edges[:-1, None], texels)
    return np.maximum(covered, 0.0) * (half / side)


def _rounded(light: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.rint(srgb_from_linear(light) * 255.0).astype(np.uint8)
