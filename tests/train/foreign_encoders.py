"""Encoders of kinds that are not shipped, as a user would write them: their layers initialise themselves."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from worldprobe.train import Encoder


class Pixels(nn.Module):
    """uint8 frames (N, H, W, 3) to floats in [-1, 1], channels first."""

    def forward(self, frames: Tensor) -> Tensor:
        return frames.movedim(-1, -3).float() / 127.5 - 1


class _ViT(nn.Module):
    def __init__(self, side: int, d: int, width: int, depth: int, patch: int) -> None:
        super().__init__()
        self.pixels, self.patches = Pixels(), nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(0.02 * torch.randn(1, (side // patch) ** 2 + 1, width))
        block = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, d)
        self.register_buffer("scale", torch.tensor(1.0))

    def forward(self, frames: Tensor) -> Tensor:
        tokens = self.patches(self.pixels(frames)).flatten(2).mT
        tokens = torch.cat([self.token.expand(len(tokens), -1, -1), tokens], 1) + self.positions
        return self.scale * self.head(self.norm(self.blocks(tokens))[:, 0])


class ViT(Encoder):
    """A vision transformer with a class token: attention, LayerNorm, bare parameters and a buffer."""

    width: int = 32
    depth: int = 2

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        return _ViT(observation_shape[0], d, self.width, self.depth, patch=8)


class _Residual(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(before, after, 3, 2, 1), nn.GroupNorm(4, after), nn.SiLU(), nn.Conv2d(after, after, 3, 1, 1)
        )
        self.shortcut, self.norm = nn.Conv2d(before, after, 1, 2), nn.GroupNorm(4, after)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.silu(self.norm(self.path(x) + self.shortcut(x)))


class GroupNormResNet(Encoder):
    """A small residual network with GroupNorm."""

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        blocks = [_Residual(before, after) for before, after in [(3, 16), (16, 32), (32, 64)]]
        return nn.Sequential(Pixels(), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, d))


def _weights() -> dict[str, Tensor]:
    """Weights "from disk" of the pretrained backbone."""
    generator = torch.Generator().manual_seed(11)
    return {
        "0.weight": torch.randn(8, 3, 4, 4, generator=generator) / 7,
        "0.bias": torch.zeros(8),
        "2.weight": torch.randn(8, 8, 4, 4, generator=generator) / 11,
        "2.bias": torch.full((8,), 0.1),
    }


class Pretrained(Encoder):
    """A backbone that loads its weights when it is made, and a head that is drawn."""

    weights: ClassVar[dict[str, Tensor]] = _weights()

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        backbone = nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.GELU(), nn.Conv2d(8, 8, 4, 4), nn.GELU())
        backbone.load_state_dict(self.weights)
        return nn.Sequential(Pixels(), backbone, nn.Flatten(), nn.Linear(8 * (observation_shape[0] // 16) ** 2, d))


class DroppedOut(Encoder):
    """An encoder that says it can be stacked and draws random numbers."""

    stackable: ClassVar[bool] = True

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        return nn.Sequential(nn.Linear(observation_shape[0], 16), nn.Dropout(0.5), nn.Linear(16, d))


class LayerNormMLP(Encoder):
    """A stackable encoder of vectors with LayerNorm."""

    stackable: ClassVar[bool] = True

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        return nn.Sequential(nn.Linear(observation_shape[0], 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, d))


class _CountsCalls(nn.Module):
    def __init__(self, m: int, d: int) -> None:
        super().__init__()
        self.linear, self.calls = nn.Linear(m, d), 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.linear(x) * self.calls


class Impure(Encoder):
    """An encoder that says it can be stacked and remembers how often it was called."""

    stackable: ClassVar[bool] = True

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        network: Any = _CountsCalls(observation_shape[0], d)
        network.calls = int(torch.randint(1, 1000, ()))
        return network


FOREIGN: dict[type[Encoder], tuple[int, ...]] = {
    ViT: (32, 32, 3),
    GroupNormResNet: (32, 32, 3),
    Pretrained: (32, 32, 3),
    LayerNormMLP: (7,),
}
"""Encoders that keep the contract, with the observations that they read."""
