"""Encoders f: from observations x to embeddings h = f(x), R^d, with no normalisation at the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import torch
from jaxtyping import Float, UInt8
from pydantic import Field, PositiveInt, model_validator
from torch import Tensor, nn

from worldprobe._util.registry import Component, Registry
from worldprobe.errors import InvalidValue
from worldprobe.train.inverse_coupling import ReversedCoupling

MOST_LAYERS = 1_000
"""Deeper networks of these kinds do not train."""

ENCODERS: Registry[type[Encoder]] = Registry("encoder", "worldprobe encoders", "worldprobe.train")


class Encoder(Component, ABC):
    """A recipe for an encoder; its fields (width, depth ...) are its settings, and `build` makes the network.

    Subclasses define `layers`, and `initialise` where the layers' own initial weights are not wanted.
    `stackable`: whether the network is a pure function of its parameters, so that many of one shape can be stacked and
    run as one by `torch.func.functional_call` under `torch.vmap`. Buffers that change (BatchNorm's running averages)
    and layers that draw random numbers (dropout) forbid it; encoders that do not say so are trained one by one.
    """

    registry: ClassVar[Registry[type[Encoder]]] = ENCODERS
    stackable: ClassVar[bool] = False
    advised_lr: ClassVar[float] = 3e-3
    """The highest learning rate in studies of recordings: that of the shipped studies with `patchify`."""

    def build(self, observation_shape: tuple[int, ...], d: int, seed: int) -> nn.Module:
        """Return the network with initial weights from `seed`, on the CPU; torch's global generator is left untouched.

        It maps uint8 frames (N, H, W, 3), or float vectors (N, m), to embeddings (N, d), and normalises them inside.
        Weights that a layer draws or loads when it is made are kept, unless `initialise` replaces them.
        Raises InvalidValue where observations of this shape do not fit.
        """
        if d < 1:
            raise InvalidValue("d", d, "1 or more")
        with torch.random.fork_rng(devices=[]), torch.device("cpu"):
            torch.default_generator.manual_seed(seed)
            network = self.layers(tuple(observation_shape), d)
            self.initialise(network, torch.Generator().manual_seed(seed))
        return network

    @abstractmethod
    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network; what its layers draw from torch's global generator depends on `build`'s seed."""

    def initialise(self, network: nn.Module, generator: torch.Generator) -> None:
        """Replace initial weights in place, all randomness from `generator`; the default keeps every layer's own."""


class ScaledNormalEncoder(Encoder):
    """An encoder of linear, convolution and BatchNorm layers whose weights are drawn by `draw_scaled_normal`."""

    def initialise(self, network: nn.Module, generator: torch.Generator) -> None:
        """Draw every weight of linear layers and convolutions, and leave nothing to their defaults."""
        draw_scaled_normal(network, generator)


def draw_scaled_normal(network: nn.Module, generator: torch.Generator) -> None:
    """Draw linear and convolution weights from N(0, 2 / fan-in), zero their biases, set BatchNorm to the identity.

    The 2 makes up for what GELU takes away (arXiv 1502.01852): deep networks without normalisation keep their scale.
    Layers of other kinds, and their parameters, are left as they are.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            if isinstance(layer, nn.Conv2d):  # faster on CPUs
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.reset_parameters()


class Centred(nn.Module):
    """uint8 frames (N, H, W, 3) to floats in [-2, 2], channels first, laid out channels last."""

    def forward(self, frames: UInt8[Tensor, "N H W 3"]) -> Float[Tensor, "N 3 H W"]:
        """Scale: most rendered frames then have a standard deviation near 1."""
        return frames.permute(0, 3, 1, 2).float().mul_(4 / 255).sub_(2)


def frame_side(encoder: str, observation_shape: tuple[int, ...], multiple: int, least: int) -> int:
    """Return the side of square frames, or raise InvalidValue."""
    allowed = f"square frames (H, H, 3) with H a multiple of {multiple}, {least} or more"
    if len(observation_shape) != 3 or observation_shape[2] != 3 or observation_shape[0] != observation_shape[1]:
        raise InvalidValue("observation shape", observation_shape, f"{allowed}, for the encoder {encoder!r}")
    side = observation_shape[0]
    if side % multiple or side < least:
        raise InvalidValue("frame size", side, f"{allowed}, for the encoder {encoder!r}")
    return side


@ENCODERS.register("patchify")
class Patchify(ScaledNormalEncoder):
    """Patches on an 8 x 8 grid, one strided convolution to 4 x 4, and a dense head over all tokens.

    Made for speed on a CPU: few, wide layers on few tokens, and no pooling that would discard position.
    """

    width: PositiveInt = Field(64, description="channels of the 8 x 8 tokens; the 4 x 4 ones have twice as many")
    token: PositiveInt = Field(64, description="channels of each 4 x 4 token that the head reads")
    hidden: PositiveInt = Field(256, description="width of the dense head")

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network; the grid is 8 x 8 for every size, so the patch is H / 8 pixels."""
        patch = frame_side("patchify", observation_shape, multiple=8, least=16) // 8
        layers: list[nn.Module] = [Centred()]
        for before, after, kernel, stride, padding in [
            (3, self.width, patch, patch, 0),
            (self.width, 2 * self.width, 4, 2, 1),
            (2 * self.width, self.token, 1, 1, 0),
        ]:
            layers += [nn.Conv2d(before, after, kernel, stride, padding, bias=False), nn.BatchNorm2d(after), nn.GELU()]
        layers += [nn.Flatten(), nn.Linear(16 * self.token, self.hidden, bias=False)]
        return nn.Sequential(*layers, nn.BatchNorm1d(self.hidden), nn.GELU(), nn.Linear(self.hidden, d))


@ENCODERS.register("paper-cnn")
class PaperCNN(ScaledNormalEncoder):
    """The paper's encoder for pixels (arXiv 2605.26379, Reacher): four strided convolutions and a 256-wide head."""

    @model_validator(mode="before")
    @classmethod
    def _without_pool(cls, given: Any) -> Any:
        """Accept study files that hold `pool: average`, once a setting that had no other value."""
        if isinstance(given, Mapping) and given.get("pool") == "average":
            return {name: value for name, value in given.items() if name != "pool"}
        return given

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network; the last grid is H / 16 wide and is averaged whole, as at the paper's 64 pixels."""
        side = frame_side("paper-cnn", observation_shape, multiple=16, least=32)
        layers: list[nn.Module] = [Centred()]
        for before, after in [(3, 32), (32, 64), (64, 128), (128, 256)]:
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.GELU()]
        layers += [nn.AvgPool2d(side // 16), nn.Flatten(), nn.Linear(256, 256), nn.BatchNorm1d(256), nn.GELU()]
        return nn.Sequential(*layers, nn.Linear(256, d))


@ENCODERS.register("mlp")
class MLP(ScaledNormalEncoder):
    """Dense layers with GELU for vector observations; the paper's analytic worlds use four of width 256."""

    stackable: ClassVar[bool] = True

    width: PositiveInt = Field(256, description="numbers in a hidden layer")
    depth: int = Field(4, ge=1, le=MOST_LAYERS, description="hidden layers")

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network."""
        if len(observation_shape) != 1:
            raise InvalidValue("observation shape", observation_shape, "(m,), vectors, for the encoder 'mlp'")
        sizes = [observation_shape[0]] + [self.width] * self.depth
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.GELU()]
        return nn.Sequential(*layers, nn.Linear(self.width, d))


@ENCODERS.register("inverse-coupling")
class InverseCoupling(Encoder):
    """The paper's matched encoder: it can invert `additive-coupling` and `coupling` of equal depth exactly.

    The embedding has as many dimensions as the observation, an even number. It preserves volume and so cannot collapse;
    it shows what an objective does when neither the architecture nor the data limit it.
    """

    stackable: ClassVar[bool] = True

    depth: int = Field(4, ge=1, le=MOST_LAYERS, description="coupling layers, as many as the world's: 8 for `coupling`")

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network."""
        here = "for the encoder 'inverse-coupling'"
        if len(observation_shape) != 1 or observation_shape[0] % 2:
            raise InvalidValue("observation shape", observation_shape, f"(m,), m even, {here}")
        if d != observation_shape[0]:
            raise InvalidValue("d", d, f"{observation_shape[0]}, as many as the observation has numbers, {here}")
        return ReversedCoupling(d, self.depth)

    def initialise(self, network: nn.Module, generator: torch.Generator) -> None:
        """Draw the coupling layers' weights."""
        assert isinstance(network, ReversedCoupling)
        network.draw(generator)


def parameters(network: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(weight.numel() for weight in network.parameters())
