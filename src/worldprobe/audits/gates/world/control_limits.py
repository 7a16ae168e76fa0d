"""Limits of the controls: how much of the canonical distribution lies where a control's squash is flat."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from worldprobe.audits.canonical_views import Views
from worldprobe.audits.gate import Gate, check

SATURATED = check(
    "saturated",
    "Does a control keep moving the world over the whole canonical distribution?",
    because="Assumption (iii): where the squash at a control's limit is flat, its steps change nothing.",
    past="above",
    warn=0.05,
    fail=0.3,
    calibration="Canonical mass where the quantity moves by less than a tenth of what it does at the centre. The "
    "shipped rooms: less than .003.",
)
FLAT = 0.1


def control_limits(views: Views) -> list[Gate]:
    """Return the gate on every control's limit."""
    return [_saturated(views, i) for i in range(len(views.names))]


def _saturated(views: Views, i: int) -> Gate:
    spec = views.world.controls[i]
    z = ndtri((np.arange(2000) + 0.5) / 2000)
    step = 1e-3
    slope = (spec.physical(z + step) - spec.physical(z - step)) / (2.0 * step * spec.scale)
    share = float((slope < FLAT).mean())
    advice = (
        f"Over {share:.0%} of the canonical distribution {spec.name} is at its limit ({spec.limit:g} {spec.unit}). "
        f"Lower its scale (now {spec.scale:g}), or widen the limit."
    )
    return SATURATED.judge(spec.name, share, advice)
