"""A vision transformer, made of torch's own encoder layers."""

from __future__ import annotations

from collections import OrderedDict

import torch
from jaxtyping import Float
from pydantic import Field, PositiveInt, model_validator
from torch import Tensor, nn

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.train.encoders import ENCODERS, MOST_LAYERS, Centred, Encoder, frame_side

POSITION_SD = 0.02
"""Standard deviation of a position's initial embedding, as in the public codes."""


@ENCODERS.register("vit")
class VisionTransformer(Encoder):
    """A vision transformer (arXiv 2010.11929) that averages its tokens; ViT-Tiny by default.

    Widths 192, 384 and 768 with 3, 6 and 12 heads are ViT-Tiny, -Small and -Base; the public ones have patches of 14 or
    16 pixels at 224. Layers are normalised first, and the head reads the mean of all tokens.
    """

    width: PositiveInt = Field(192, description="numbers in a token")
    depth: int = Field(12, ge=1, le=MOST_LAYERS, description="layers")
    heads: PositiveInt = Field(3, description="attention heads; they divide the width")
    patch: PositiveInt | None = Field(None, description="pixels along a patch; null: an eighth of the frame's side")

    @model_validator(mode="after")
    def _heads_divide_width(self) -> VisionTransformer:
        if self.width % self.heads:
            raise ImpossibleSetting("heads", self.heads, f"they divide the width, {self.width}")
        return self

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network."""
        patch = self.patch or frame_side("vit", observation_shape, multiple=8, least=16) // 8
        tokens = (frame_side("vit", observation_shape, multiple=patch, least=patch) // patch) ** 2
        layer = nn.TransformerEncoderLayer(
            self.width, self.heads, 4 * self.width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        parts = {
            "scale": Centred(),
            "patches": nn.Conv2d(3, self.width, patch, patch),
            "flat": nn.Flatten(2),
            "tokens": _Tokens(tokens, self.width),
            "layers": nn.TransformerEncoder(layer, self.depth, nn.LayerNorm(self.width), enable_nested_tensor=False),
            "mean": _Mean(),
            "head": nn.Linear(self.width, d),
        }
        return nn.Sequential(OrderedDict(parts))

    def initialise(self, network: nn.Module, generator: torch.Generator) -> None:
        """Draw every layer anew, since torch copies one `depth` times; the head keeps the scale of what it reads."""
        for part in network.modules():
            if isinstance(part, nn.Linear):
                nn.init.trunc_normal_(part.weight, std=POSITION_SD, generator=generator)
                nn.init.zeros_(part.bias)
            elif isinstance(part, nn.MultiheadAttention):
                nn.init.xavier_uniform_(part.in_proj_weight, generator=generator)
        nn.init.normal_(network.get_parameter("head.weight"), std=self.width**-0.5, generator=generator)


class _Tokens(nn.Module):
    """Features (N, width, tokens) to tokens (N, tokens, width), each with what it learns of its place added."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.positions = nn.Parameter(POSITION_SD * torch.randn(tokens, width))

    def forward(self, features: Float[Tensor, "N width tokens"]) -> Float[Tensor, "N tokens width"]:
        """Add the positions."""
        return features.mT + self.positions


class _Mean(nn.Module):
    def forward(self, tokens: Float[Tensor, "N tokens width"]) -> Float[Tensor, "N width"]:
        """Average over tokens."""
        return tokens.mean(1)
