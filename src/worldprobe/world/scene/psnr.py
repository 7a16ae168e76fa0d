"""How near drawn frames are to reference frames."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8


def psnr(drawn: UInt8[np.ndarray, "N H W 3"], reference: UInt8[np.ndarray, "N H W 3"]) -> Float[np.ndarray, " N"]:
    """Return each frame's peak signal-to-noise ratio in dB, of display values out of 255; at most 99."""
    error = ((drawn.astype(np.float64) - reference.astype(np.float64)) ** 2).mean(axis=(1, 2, 3))
    return np.minimum(10 * np.log10(255.0**2 / np.maximum(error, 1e-12)), 99.0)
