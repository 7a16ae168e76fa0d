"""Every registered encoder, and kinds that people bring, keep the contract that ships."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import worldprobe as wp
from worldprobe.contracts.promise import ContractBroken

SHAPES = {"patchify": ((32, 32, 3), 6), "paper-cnn": ((32, 32, 3), 6), "mlp": ((5,), 3), "inverse-coupling": ((4,), 4)}
SHAPES |= {"vit": ((16, 16, 3), 6), "resnet18": ((16, 16, 3), 6)}
SHAPES |= {"projected": ((32, 32, 3), 6)}
SMALL = {"vit": {"width": 24, "depth": 2, "heads": 3}, "resnet18": {"width": 8, "groups": 4}}
SMALL |= {"projected": {"backbone": "patchify", "features": 16, "hidden": 16}}
FROM_DISK = {"pretrained"}
"""Kinds that need a network in a file: tests/train/test_two_taps.py has them."""


@pytest.mark.parametrize("name", sorted(set(wp.encoders) - FROM_DISK))
def test_a_registered_encoder_keeps_its_contract(name: str) -> None:
    shape, d = SHAPES[name]
    assert len(wp.check_encoder(wp.encoders[name](**SMALL.get(name, {})), shape, d).kept) == 10


class ChannelsFirst(nn.Module):
    """uint8 (N, H, W, 3) to floats (N, 3, H, W) in [0, 1]."""

    def forward(self, frames: Tensor) -> Tensor:
        return frames.permute(0, 3, 1, 2).float() / 255


class TinyViT(nn.Module):
    """Patches, a position and a class token as parameters, one transformer layer."""

    def __init__(self, side: int, d: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.place = nn.Parameter(torch.randn(1, (side // 8) ** 2 + 1, 16) * 0.1)
        self.token = nn.Parameter(torch.zeros(1, 1, 16))
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.head = nn.Linear(16, d)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).mT
        tokens = torch.cat([self.token.expand(len(x), -1, -1), tokens], dim=1) + self.place
        return self.head(self.layer(tokens)[:, 0])


class ViT(wp.Encoder):
    """A vision transformer: LayerNorm, attention, parameters of its own."""

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        return nn.Sequential(ChannelsFirst(), TinyViT(observation_shape[0], d))


class GroupNormCNN(wp.Encoder):
    """Convolutions with GroupNorm."""

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        body = [nn.Conv2d(3, 8, 4, 4), nn.GroupNorm(2, 8), nn.GELU(), nn.Flatten()]
        return nn.Sequential(ChannelsFirst(), *body, nn.Linear(8 * (observation_shape[0] // 4) ** 2, d))


FROZEN = torch.full((4, 3, 8, 8), 0.01)


class Pretrained(wp.Encoder):
    """A frozen layer with weights from elsewhere, and a head that is trained."""

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        body = nn.Conv2d(3, 4, 8, 8, bias=False)
        body.load_state_dict({"weight": FROZEN})
        body.requires_grad_(False)
        return nn.Sequential(ChannelsFirst(), body, nn.Flatten(), nn.Linear(4 * (observation_shape[0] // 8) ** 2, d))


@pytest.mark.parametrize("kind", [ViT, GroupNormCNN, Pretrained])
def test_an_encoder_that_people_bring_keeps_its_contract(kind: type[wp.Encoder]) -> None:
    wp.check_encoder(kind)


def test_pretrained_weights_are_kept() -> None:
    network = Pretrained().build((32, 32, 3), d=6, seed=3)
    assert torch.equal(dict(network.named_parameters())["1.weight"], FROZEN)


class Tail(nn.Module):
    """The last layer, with a fault."""

    def __init__(self, fault: str, d: int) -> None:
        super().__init__()
        self.fault, self.linear = fault, nn.Linear(192, d)
        self.unused = nn.Parameter(torch.zeros(2)) if fault == "unused" else None
        self.secret = torch.randn(1) if fault == "secret" else torch.zeros(1)

    def forward(self, x: Tensor) -> object:
        h = self.linear(x) + self.secret
        if self.fault == "tuple":
            return h, x
        if self.fault == "normalised":
            return nn.functional.normalize(h, dim=-1)
        if self.fault == "batch":
            return h - h.mean(0)
        if self.fault == "divides":
            return h / x.mean(1, keepdim=True)
        return h.flatten() if self.fault == "shape" else h


class Faulty(wp.Encoder):
    """An encoder with one fault."""

    fault: str = ""
    stackable = False

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        if self.fault == "seeds":
            torch.manual_seed(0)
        tail = Tail(self.fault, d)
        if self.fault == "uninitialised":
            tail.linear.weight.data.fill_(torch.inf)
        return nn.Sequential(ChannelsFirst(), nn.AvgPool2d(4), nn.Flatten(), tail)


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("tuple", "returns a tuple"),
        ("shape", r"torch.float32 \(96,\) instead of torch.float32 \(16, 6\)"),
        ("normalised", "they are normalised"),
        ("batch", "it differs by"),
        ("divides", "every number of the observation is 0"),
        ("unused", "3.unused gets no gradient"),
        ("secret", "other embeddings"),
        ("seeds", "two seeds give the same weights"),
        ("uninitialised", "NaN or infinity"),
    ],
)
def test_a_fault_is_named_with_what_was_found(fault: str, found: str) -> None:
    with pytest.raises(ContractBroken, match=found):
        wp.check_encoder(Faulty(fault=fault))


def test_an_encoder_without_a_fault_keeps_every_promise() -> None:
    wp.check_encoder(Faulty())
