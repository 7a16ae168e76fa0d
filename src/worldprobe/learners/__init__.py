"""Learners: encoders, objectives, and training one with the other on pairs of observations."""

from worldprobe.learners.data import FreshPairs, PairData, PairSource
from worldprobe.learners.encoders import ENCODERS, Encoder, parameters
from worldprobe.learners.objectives import OBJECTIVES, Objective
from worldprobe.learners.record import TrainingRecord
from worldprobe.learners.settings import TrainingSettings
from worldprobe.learners.sigreg import draw_directions, sigreg
from worldprobe.learners.training import Member, embed, train, train_stack

__all__ = [
    "ENCODERS",
    "OBJECTIVES",
    "Encoder",
    "FreshPairs",
    "Member",
    "Objective",
    "PairData",
    "PairSource",
    "TrainingRecord",
    "TrainingSettings",
    "draw_directions",
    "embed",
    "parameters",
    "sigreg",
    "train",
    "train_stack",
]
