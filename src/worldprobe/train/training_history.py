"""How a training went, and whether the encoder memorised its pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from worldprobe.results import Training


@dataclass(frozen=True)
class TrainingHistory:
    """How one encoder's training went: its record, and its curves.

    Curves, one value per entry of `step` (each the mean since the entry before, held-out ones at that step):
    `loss`, `regulariser` (where it is not the whole loss), `lr` (the last);
    `alignment`: E|h - h'|^2 / d on training batches; a whitened linear encoder has 2 (1 - rho). Of an objective that
    predicts the next embedding it is E|p(h, a) - h'|^2 / d, here and in what follows;
    `train_alignment`, `heldout_alignment`: the same on fixed training and held-out pairs, the encoder in eval mode,
    divided by the embedding's mean variance, so that a shrunken embedding does not look well aligned. Pairs that are
    drawn afresh for every step have no `train_alignment`.
    """

    record: Training
    step: np.ndarray
    curves: dict[str, np.ndarray]
    seconds: float
    """This encoder's share of a stack's time."""
    predictor: nn.Module | None = None
    """What predicts the next embedding from the embedding and the action, where that was trained too."""


def memorising_warnings(curves: dict[str, np.ndarray], optimum: float | None) -> list[str]:
    """Return a warning where training pairs end below the optimum of alignment and held-out pairs do not follow.

    5 % below the optimum and 15 % apart from each other are more than the noise of 512 pairs.
    """
    if optimum is None or not {"train_alignment", "heldout_alignment"} <= curves.keys():
        return []
    train_end, heldout_end = curves["train_alignment"][-1], curves["heldout_alignment"][-1]
    if train_end >= 0.95 * optimum or heldout_end <= 1.15 * train_end:
        return []
    return [
        f"The encoder is memorising: alignment on training pairs ended at {train_end:.3g}, below the {optimum:.3g} "
        f"of a linear encoder, while held-out pairs stayed at {heldout_end:.3g}. More frames help, more steps not."
    ]
