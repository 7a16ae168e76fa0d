"""One control's value in standard units and in its own, and the range of its slider."""

from __future__ import annotations

import numpy as np

from worldprobe.world.world import Control

REACH = 3.0
"""Standard deviations that bars and sliders reach to either side."""
STEPS = 200
"""Places of a slider, at least."""


def physical(control: Control, z: float) -> float:
    """Return the physical quantity at a control value."""
    return float(control.physical(np.array([z]))[0])


def standardised(control: Control, quantity: float) -> float:
    """Return the control value whose physical quantity this is; raises ValueError where there is none."""
    return float(control.standardised(np.array([quantity]))[0])


def slider_range(control: Control) -> tuple[float, float, float]:
    """Return the least and the greatest value of a control's slider and its step: round numbers, in its unit."""
    low, high = physical(control, -REACH), physical(control, REACH)
    step = 10.0 ** float(np.floor(np.log10((high - low) / STEPS)))
    return float(np.ceil(low / step) * step), float(np.floor(high / step) * step), step
