"""An encoder with a projector: the loss is on the projected embedding, and both are measured."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from pydantic import BeforeValidator, Field, NonNegativeInt, PlainSerializer, PositiveInt
from torch import nn

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.train.encoders import ENCODERS, Encoder, draw_scaled_normal
from worldprobe.train.two_taps import TwoTaps, dense_head


def _inner(given: Any) -> Encoder:
    """Return the encoder that a name, or a mapping with a name, stands for."""
    if isinstance(given, Encoder):
        return given
    settings = {"name": given} if isinstance(given, str) else dict(given)
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise ImpossibleSetting("backbone", given, "an encoder's name, or {name: ..., setting: value ...}")
    kind = ENCODERS[name]
    if kind is Projected:
        raise ImpossibleSetting("backbone", name, "an encoder without a projector of its own")
    return kind.model_validate(settings)


def _described(encoder: Encoder) -> dict[str, Any]:
    return {"name": ENCODERS.name_of(type(encoder)), **encoder.settings()}


@ENCODERS.register("projected")
class Projected(Encoder):
    """Any encoder as a backbone of `features` dimensions, and a dense projector from them to the embedding.

    The objective sees the projected embedding alone. Self-supervised encoders are often used without their projector
    (arXiv 2002.05709): runs therefore record the recovery from the backbone's features besides.
    """

    backbone: Annotated[Encoder, BeforeValidator(_inner), PlainSerializer(_described)] = Field(
        description="the encoder that the projector reads: a name, or {name: ..., setting: value ...}"
    )
    features: PositiveInt = Field(128, description="dimensions of the backbone's features")
    hidden: PositiveInt = Field(256, description="width of the projector's hidden layers")
    depth: NonNegativeInt = Field(1, le=8, description="hidden layers of the projector; 0: a linear map")

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network."""
        backbone = self.backbone.layers(observation_shape, self.features)
        return TwoTaps(backbone, dense_head(self.features, self.hidden, self.depth, d))

    def initialise(self, network: nn.Module, generator: torch.Generator) -> None:
        """Draw the backbone's weights by its own rule, then the projector's."""
        assert isinstance(network, TwoTaps)
        self.backbone.initialise(network.backbone, generator)
        draw_scaled_normal(network.head, generator)
