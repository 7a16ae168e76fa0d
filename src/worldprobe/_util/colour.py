"""The transfer function of sRGB (IEC 61966-2-1): between what is stored and shown, and linear light."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def linear_from_srgb(value: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the linear light of sRGB-encoded values, both in [0, 1]."""
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0.04045) + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the sRGB-encoded values in [0, 1] of linear light, clipped as a display clips."""
    shown = np.clip(light, 0.0, 1.0)
    return np.where(shown <= 0.0031308, 12.92 * shown, 1.055 * np.maximum(shown, 0.0031308) ** (1 / 2.4) - 0.055)


def hue_rotation(turn: float) -> Float[np.ndarray, "3 3"]:
    """Return the matrix that rotates linear colours about the grey axis by `turn` radians.

    The mean of the three channels stays; a third of a turn takes red to green, green to blue and blue to red.
    """
    grey = np.full((3, 3), 1.0 / 3.0)
    across = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / np.sqrt(3.0)
    matrix: np.ndarray = grey + np.cos(turn) * (np.eye(3) - grey) + np.sin(turn) * across
    return matrix


def turned_hue(colour: Float[np.ndarray, "... 3"], turn: float) -> Float[np.ndarray, "... 3"]:
    """Return linear colours rotated about the grey axis by `turn` radians, what becomes negative cut off at 0."""
    return np.maximum(colour @ hue_rotation(turn).T, 0.0)
