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
