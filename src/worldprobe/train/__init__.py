"""Learners: encoders, objectives, and training one with the other on pairs of observations."""

from worldprobe.train.encoders import ENCODERS, Encoder, parameters
from worldprobe.train.objectives import OBJECTIVES, Objective
from worldprobe.train.pair_batches import FreshPairs, PairData, PairSource
from worldprobe.train.predictive import LeJEPAPredictive, predictor_of
from worldprobe.train.pretrained import Pretrained
from worldprobe.train.projected import Projected
from worldprobe.train.resnet import ResNet18
from worldprobe.train.sigreg_loss import draw_directions, sigreg
from worldprobe.train.streamed_pairs import StreamedPairs
from worldprobe.train.trainer import EMBED_BATCH, StackMember, embed, train, train_stack
from worldprobe.train.training_history import TrainingHistory
from worldprobe.train.training_settings import TrainingSettings
from worldprobe.train.two_taps import TwoTaps
from worldprobe.train.vit import VisionTransformer

__all__ = [
    "EMBED_BATCH",
    "ENCODERS",
    "OBJECTIVES",
    "Encoder",
    "FreshPairs",
    "LeJEPAPredictive",
    "Objective",
    "PairData",
    "PairSource",
    "Pretrained",
    "Projected",
    "ResNet18",
    "StackMember",
    "StreamedPairs",
    "TrainingHistory",
    "TrainingSettings",
    "TwoTaps",
    "VisionTransformer",
    "draw_directions",
    "embed",
    "parameters",
    "predictor_of",
    "sigreg",
    "train",
    "train_stack",
]
