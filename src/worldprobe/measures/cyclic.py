"""What is recovered of a cyclic control: its place on the circle, and its value within half a period."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.measures.probes import fit_probe
from worldprobe.results import Cyclic
from worldprobe.stats.r2 import r2_per_column


def cyclic_recovery(
    probe_h: Float[np.ndarray, "N d"],
    probe_angle: Float[np.ndarray, " N"],
    test_h: Float[np.ndarray, "M d"],
    test_angle: Float[np.ndarray, " M"],
) -> Cyclic:
    """Fit linear probes from the embedding on one set of points and score them on another; angles in radians.

    One observation distinguishes angles only within a period. So what `within` has above the R^2 of the angle itself is
    lost to angles beyond half a period, and not to the encoder.
    """
    read = fit_probe(probe_h, _circle(probe_angle))(test_h)
    sine, cosine, within = r2_per_column(_circle(test_angle), read).tolist()
    return Cyclic(sine=sine, cosine=cosine, within=within)


def _circle(angle: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N 3"]:
    """Return sine, cosine and the angle in [-pi, pi)."""
    angle = angle.astype(np.float64)
    return np.stack([np.sin(angle), np.cos(angle), (angle + np.pi) % (2.0 * np.pi) - np.pi], axis=1)
