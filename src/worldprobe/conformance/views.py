"""Whether SIGReg compares all views together with N(0, 1), or every view for itself."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from worldprobe.conformance.implementation import Implementation
from worldprobe.conformance.statistic import ROWS, SAME, AcceptedShapes, Scaling

Views = Literal["flattened", "per view", "samples along the first axis", "neither", "takes no views"]
APART = 1.7


def views(loss: Implementation, takes: AcceptedShapes, scaling: Scaling) -> Views:
    """Return how a loss treats views.

    Two batches of two views are compared. In both, half of the pairs differ by +x and half by -x, so that alignment is
    the same; in the first view 1 is all zeros and view 2 is +-x, in the second view 1 is -+x/2 and view 2 is +-x/2.
    Their statistics follow from those of equal views, together or view by view.
    """
    if not takes.views:
        return "takes no views"
    sign = np.resize([1.0, -1.0], ROWS) * APART

    def alike(samples: Float[np.ndarray, " N"]) -> float:
        return loss.value(_views(samples, samples))

    once, twice, grows = alike(sign), alike(np.tile(sign, 2)), scaling.views_exponent
    if abs(twice - once) < SAME * abs(once) and grows is not None and abs(grows - 1) < 0.05:
        return "samples along the first axis"
    measured = loss.value(_views(0 * sign, sign)) - loss.value(_views(-sign / 2, sign / 2))
    zeros_and_signs = np.resize([0.0, 0.0, APART, -APART], ROWS)
    halves = alike(sign / 2)
    together = alike(zeros_and_signs) - halves
    each = (alike(0 * sign) + alike(sign)) / 2 - halves
    size = abs(together) + abs(each)
    if abs(measured - together) < SAME * size:
        return "flattened"
    return "per view" if abs(measured - each) < SAME * size else "neither"


def _views(first: Float[np.ndarray, " N"], second: Float[np.ndarray, " N"]) -> Tensor:
    return torch.tensor(np.stack([first, second])[..., None], dtype=torch.float32)
