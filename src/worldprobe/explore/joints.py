"""The joints of an arm: which of them a world's controls turn, and where they stop."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
from jaxtyping import Float, Float32

from worldprobe.errors import InvalidValue
from worldprobe.world.arm.model import CHAINS
from worldprobe.world.world import Control


class Joints:
    """The joints that a world's controls turn, in radians: those of an arm with two or three.

    Raises InvalidValue, naming `regime`, for a world whose controls are not exactly the joints of such an arm.
    """

    def __init__(self, regime: str, controls: Sequence[Control]) -> None:
        names = tuple(spec.name for spec in controls)
        known = {tuple(link.joint for link in chain): joints for joints, chain in CHAINS.items()}
        if names not in known or any(spec.unit != "rad" for spec in controls):
            allowed = " or ".join(f"({', '.join(chain)})" for chain in known)
            listed = ", ".join(f"{spec.name} ({spec.unit})" for spec in controls) or "none"
            raise InvalidValue(
                "regime", regime, f"a world whose controls are an arm's joints in radians, {allowed}",
                f"This world's controls are {listed}. The world `arm` has joints.",
            )  # fmt: skip
        self.controls = tuple(controls)
        self.count = known[names]

    @property
    def wrap(self) -> bool:
        """Whether the control is the angle itself, so that a full turn is another control value of the same picture."""
        return all(spec.limit == inf and spec.scale == 1.0 and spec.centre == 0.0 for spec in self.controls)

    def control_values(self, angles: Float[np.ndarray, "*n joints"]) -> Float32[np.ndarray, "*n joints"]:
        """Return the control values of joint angles, which are taken within a half turn of 0."""
        within = (angles + np.pi) % (2.0 * np.pi) - np.pi
        columns = [spec.standardised(within[..., k]) for k, spec in enumerate(self.controls)]
        return np.stack(columns, axis=-1).astype(np.float32)
