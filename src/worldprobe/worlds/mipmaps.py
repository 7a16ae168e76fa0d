"""Smaller copies of a texture, averaged in linear light, so that a distant surface keeps its brightness."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image


def linear_from_display(value: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return linear light of sRGB display values, both in [0, 1] (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def display_from_linear(value: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the sRGB display values of linear light, both in [0, 1]; the inverse of `linear_from_display`."""
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 0.0031308) ** (1 / 2.4) - 0.055)


def mip_chain(
    image: UInt8[np.ndarray, "h w 3"], colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> list[UInt8[np.ndarray, "_ _ 3"]]:
    """Return sRGB `image` times the linear factor `colour`, then every halving of it down to one pixel.

    Each level is the area average of the one before, taken in linear light and rounded only when it is written.
    """
    light = (linear_from_display(image / 255.0) * np.clip(colour, 0.0, 1.0)).astype(np.float32)
    levels = [_rounded(light)]
    while max(light.shape[:2]) > 1:
        height, width = (max(1, side // 2) for side in light.shape[:2])
        channels = [Image.fromarray(light[:, :, c]).resize((width, height), Image.Resampling.BOX) for c in range(3)]
        light = np.stack([np.asarray(channel) for channel in channels], axis=2)
        levels.append(_rounded(light))
    return levels


def _rounded(light: Float[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    return np.rint(display_from_linear(light) * 255.0).astype(np.uint8)
