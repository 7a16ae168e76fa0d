"""What is known of an angle that turns all the way round: its place on the circle, and its value within half a turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.measures.probes import fit_probe
from worldprobe.stats.r2 import r2_per_column


@dataclass(frozen=True)
class TurningScores:
    """Linear R^2 of one angle's sine, cosine, and value within half a turn, each 1 where it can be read exactly.

    An embedding that goes round the circle has sine and cosine at 1. One that is the angle itself, N(0, 1) in radians,
    has the sine at 2 e^-1 / (1 - e^-2) = 0.851 and the cosine, an even function, at 0.
    """

    sine: float
    cosine: float
    within: float


def turning_scores(
    probe_h: Float[np.ndarray, "N d"],
    probe_angle: Float[np.ndarray, " N"],
    test_h: Float[np.ndarray, "M d"],
    test_angle: Float[np.ndarray, " M"],
) -> TurningScores:
    """Fit linear probes from the embedding on one set of points and score them on another; angles in radians.

    A picture tells angles apart only within a turn. So what `within` has above the R^2 of the angle itself is lost to
    angles beyond a half turn, and not to the encoder.
    """
    read = fit_probe(probe_h, _circle(probe_angle))(test_h)
    sine, cosine, within = r2_per_column(_circle(test_angle), read).tolist()
    return TurningScores(sine, cosine, within)


def _circle(angle: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N 3"]:
    """Return sine, cosine and the angle in [-pi, pi)."""
    angle = angle.astype(np.float64)
    return np.stack([np.sin(angle), np.cos(angle), (angle + np.pi) % (2.0 * np.pi) - np.pi], axis=1)
