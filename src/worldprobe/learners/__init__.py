"""Learners: encoders, objectives, and training one with the other on pairs of observations."""

from worldprobe.learners.data import PairData
from worldprobe.learners.encoders import ENCODERS, Encoder, parameters
from worldprobe.learners.objectives import OBJECTIVES, Objective
from worldprobe.learners.settings import TrainingSettings
from worldprobe.learners.sigreg import draw_directions, sigreg
from worldprobe.learners.training import TrainingRecord, embed, train

__all__ = [
    "ENCODERS",
    "OBJECTIVES",
    "Encoder",
    "Objective",
    "PairData",
    "TrainingRecord",
    "TrainingSettings",
    "draw_directions",
    "embed",
    "parameters",
    "sigreg",
    "train",
]
