"""A pretrained network from disk as a frozen backbone, with a head that is trained."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float, UInt8
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator
from torch import Tensor, nn
from torch.nn.functional import interpolate

from worldprobe._util.checkpoint_weights import load_weights
from worldprobe._util.named_modules import made_in
from worldprobe._util.registry import ImpossibleSetting
from worldprobe._util.torch_files import load_torchscript
from worldprobe.errors import InvalidValue, in_words
from worldprobe.plugins import check_included
from worldprobe.train.encoders import ENCODERS, Encoder, draw_scaled_normal, frame_side
from worldprobe.train.two_taps import TwoTaps, dense_head

Channels = tuple[float, float, float]


@ENCODERS.register("pretrained")
class Pretrained(Encoder):
    """A network from disk whose weights stay as they are, and a dense head from its features to the embedding.

    `file` names a torch module in a Python file, `FILE.py:NAME`, or a TorchScript archive. Either is executed, so it
    must be named by `--include` (or `worldprobe.include`) too: a study file alone never runs code. The network's output
    (N, k) are the features; of maps (N, k, H, W) and tokens (N, tokens, k) it is their mean. Defaults of `mean` and
    `sd` are ImageNet's.
    """

    file: str = Field(description="FILE.py:NAME (a module, its class, or a function that returns one), or TorchScript")
    checkpoint: str | None = Field(None, description="weights for FILE.py:NAME, read with weights_only")
    side: PositiveInt | None = Field(None, description="pixels that frames are resized to; null: as they are")
    mean: Channels = Field((0.485, 0.456, 0.406), description="mean of each channel, of pixels from 0 to 1")
    sd: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = Field(
        (0.229, 0.224, 0.225), description="standard deviation of each channel, of pixels from 0 to 1"
    )
    hidden: PositiveInt = Field(256, description="width of the head's hidden layers")
    depth: NonNegativeInt = Field(1, le=8, description="hidden layers of the head; 0: a linear map")

    @model_validator(mode="after")
    def _weights_for_a_module(self) -> Pretrained:
        if self.checkpoint is not None and not _is_python(self.file):
            raise ImpossibleSetting("checkpoint", self.checkpoint, "null: a TorchScript archive holds its weights")
        return self

    def layers(self, observation_shape: tuple[int, ...], d: int) -> nn.Module:
        """Return the network; its backbone is loaded, and tried on a frame."""
        frame_side("pretrained", observation_shape, multiple=1, least=8)
        device = torch.get_default_device()
        with torch.device("cpu"):
            backbone = _Prepared(self._network(), self.side, self.mean, self.sd)
            features = _tried(backbone, observation_shape, self.file)
        with device:
            head = dense_head(features, self.hidden, self.depth, d)
        return TwoTaps(backbone, head, frozen=True)

    def initialise(self, network: nn.Module, generator: torch.Generator) -> None:
        """Draw the head's weights."""
        assert isinstance(network, TwoTaps)
        draw_scaled_normal(network.head, generator)

    def _network(self) -> nn.Module:
        name, _, attribute = self.file.rpartition(":") if _is_python(self.file) else (self.file, "", "")
        path = Path(name).expanduser()
        check_included(path, "encoder.file")
        if not attribute:
            archive: nn.Module = load_torchscript(path, "file: FILE.py:NAME, checkpoint: PATH")
            return archive
        made = made_in(path, attribute, "encoder.file")
        if not isinstance(made, nn.Module):
            raise InvalidValue("encoder.file", self.file, "a torch.nn.Module, or what returns one")
        if self.checkpoint is not None:
            load_weights(made, Path(self.checkpoint).expanduser(), "encoder.checkpoint")
        return made


class _Prepared(nn.Module):
    """uint8 frames as the network was trained to see them, and its features as vectors."""

    def __init__(self, network: nn.Module, side: int | None, mean: Channels, sd: Channels) -> None:
        super().__init__()
        self.network, self.side, self.mean, self.sd = network, side, mean, sd

    def forward(self, frames: UInt8[Tensor, "N H W 3"]) -> Float[Tensor, "N k"]:
        x = frames.permute(0, 3, 1, 2).float() / 255
        if self.side is not None and self.side != x.shape[-1]:
            x = interpolate(x, size=(self.side, self.side), mode="bilinear", antialias=True, align_corners=False)
        mean, sd = (x.new_tensor(part).view(1, 3, 1, 1) for part in (self.mean, self.sd))
        found: Tensor = self.network((x - mean) / sd)
        if found.dim() == 4:
            return found.mean((2, 3))
        return found.mean(1) if found.dim() == 3 else found


def _is_python(file: str) -> bool:
    return file.rpartition(":")[0].endswith(".py")


def _tried(backbone: nn.Module, observation_shape: tuple[int, ...], file: str) -> int:
    """Return how many features a black frame has; raises InvalidValue where the network refuses it."""
    allowed = f"a network from frames {observation_shape} to features (N, k), (N, k, H, W) or (N, tokens, k)"
    try:
        with torch.no_grad():
            found = backbone.eval()(torch.zeros(2, *observation_shape, dtype=torch.uint8))
    except Exception as error:  # whatever somebody's network raises
        raise InvalidValue("encoder.file", file, allowed, f"It raises {in_words(error)}.") from error
    if not isinstance(found, Tensor) or found.dim() != 2 or len(found) != 2:
        given = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise InvalidValue("encoder.file", file, allowed, f"It returns {given}.")
    return int(found.shape[1])
