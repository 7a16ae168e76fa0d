"""How a total loss weighs SIGReg against alignment, and what its alignment is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from worldprobe.conformance.implementation import Implementation
from worldprobe.conformance.statistic import SAME, AcceptedShapes

CONVEX, ADDED = "(1 - l) inv + l reg", "inv + l reg"
WEIGHTS = (0.1, 0.3, 0.6)
FAR_APART = 1000.0
"""Embeddings of a pair so far apart that SIGReg, which is bounded, is nothing beside alignment."""


@dataclass(frozen=True)
class Weighting:
    """`form` in l, inv and reg, None where it is none of the known; and alignment in units of LeJEPA's.

    LeJEPA's alignment is the mean over views, samples and dimensions of the squared distance to the mean over views:
    for two views a quarter of the mean squared difference.
    """

    form: str | None
    alignment: float | None
    summed_over_dimensions: bool | None
    fixed: float | None = None
    """Lambda where it is no argument: read off, if the statistic is N times LeJEPA's distance."""


def weighting(loss: Implementation, takes: AcceptedShapes) -> Weighting | None:
    """Return the weights of a total loss; None for a loss without alignment."""
    if not takes.alignment:
        return None
    if loss.weight is None:
        return Weighting(None, _alignment(loss, 1, None), _summed(loss, None))
    of_alignment = [_alignment(loss, 1, weight) for weight in WEIGHTS]
    equal = torch.linspace(-1.0, 2.5, 16)[:, None].expand(2, 16, 1)
    of_statistic = [loss.value(equal, weight) for weight in WEIGHTS]
    kinds = (_kind(of_alignment), _kind(of_statistic))
    named = {"1 - l": "(1 - l) ", "1": "", "l": "l "}
    form = None if None in kinds else f"{named[str(kinds[0])]}inv + {named[str(kinds[1])]}reg"
    share = {"1 - l": 1 - WEIGHTS[0], "l": WEIGHTS[0]}.get(str(kinds[0]), 1.0)
    return Weighting(form, of_alignment[0] / share, _summed(loss, WEIGHTS[0]))


def fixed_weighting(found: Weighting, statistic: float) -> Weighting:
    """Return the form and lambda of a total loss without an argument lambda, given the weight of N D in it.

    They follow from the weight of alignment, if that is LeJEPA's, 2 of it (the distance to one of two views) or 4 (the
    mean squared difference).
    """
    for alignment in (1.0, 2.0, 4.0):
        share = (found.alignment or 0.0) / alignment
        for form, wanted in ((CONVEX, 1.0 - statistic), (ADDED, 1.0)):
            if statistic > 5 * SAME and abs(share - wanted) < SAME:
                return replace(found, form=form, alignment=alignment, fixed=statistic)
    return found


def _kind(values: list[float]) -> str | None:
    """Return which function of lambda the values are proportional to."""
    for name, wanted in (("1", np.ones(3)), ("l", np.array(WEIGHTS)), ("1 - l", 1 - np.array(WEIGHTS))):
        ratio = np.array(values) / wanted
        if np.ptp(ratio) < 10 * SAME * abs(ratio).max():
            return name
    return None


def _alignment(loss: Implementation, d: int, weight: float | None) -> float:
    """Return the weighted alignment of pairs that lie far apart, over LeJEPA's alignment of them."""
    first = torch.linspace(-1.0, 1.0, 16)[:, None].expand(16, d)
    apart: Tensor = torch.stack([first, first + FAR_APART])
    return loss.value(apart, weight) / (FAR_APART / 2) ** 2


def _summed(loss: Implementation, weight: float | None) -> bool | None:
    ratio = _alignment(loss, 4, weight) / _alignment(loss, 1, weight)
    return False if abs(ratio - 1) < 0.01 else True if abs(ratio - 4) < 0.04 else None
