"""A residual network whose layers normalise groups of channels, so that no sample depends on its batch."""

from __future__ import annotations

from typing import ClassVar

from jaxtyping import Float
from pydantic import Field, PositiveInt, model_validator
from torch import Tensor, nn

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.train.encoders import ENCODERS, Centred, ScaledNormalEncoder, frame_side

SMALL = 64
"""Frames up to this side keep the grid of their pixels in the first layer, as networks for CIFAR do."""


@ENCODERS.register("resnet18")
class ResNet18(ScaledNormalEncoder):
    """ResNet-18 (arXiv 1512.03385) with GroupNorm (arXiv 1803.08494) in the place of BatchNorm.

    Frames above 64 pixels pass a stem of stride 4, smaller ones one of stride 1; the last grid is averaged.
    """

    width: PositiveInt = Field(64, description="channels of the first of four stages; each has twice as many")
    groups: PositiveInt = Field(32, description="groups of channels, normalised one by one; they divide the width")
    stages: ClassVar[tuple[int, ...]] = (1, 2, 2, 2)

    @model_validator(mode="after")
    def _groups_divide_width(self) -> ResNet18:
        if self.width % self.groups:
            raise ImpossibleSetting("groups", self.groups, f"they divide the width, {self.width}")
        return self

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network."""
        side, width = frame_side("resnet18", observation_shape, multiple=8, least=16), self.width
        kernel, stride = (3, 1) if side <= SMALL else (7, 2)
        first = nn.Conv2d(3, width, kernel, stride, kernel // 2, bias=False)
        stem: list[nn.Module] = [first, nn.GroupNorm(self.groups, width), nn.ReLU()]
        if side > SMALL:
            stem.append(nn.MaxPool2d(3, 2, 1))
        blocks: list[nn.Module] = []
        for stage, stride in enumerate(self.stages):
            after = width * 2**stage
            before = after if stage == 0 else after // 2
            blocks += [_Block(before, after, stride, self.groups), _Block(after, after, 1, self.groups)]
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, d)]
        return nn.Sequential(Centred(), *stem, *blocks, *head)


class _Block(nn.Module):
    """Two convolutions of 3 x 3, added to what came in."""

    def __init__(self, before: int, after: int, stride: int, groups: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.GroupNorm(groups, after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.GroupNorm(groups, after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.GroupNorm(groups, after))

    def forward(self, x: Float[Tensor, "N before H W"]) -> Float[Tensor, "N after h w"]:
        """Add the change."""
        return nn.functional.relu(self.shortcut(x) + self.change(x))
