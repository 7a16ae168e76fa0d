"""From recorded frames to what a model was trained on: said by its user, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image

from worldprobe.errors import InvalidValue, option_name

IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """What is done to uint8 frames (N, H, W, 3), in this order; nothing where nothing is said.

    `size` resizes to a square (averaging down, bilinear up), `range` maps 0 .. 255 to it, `mean` and `std` are taken
    off in that range, and `layout` puts channels first.
    """

    size: int | None = None
    layout: str = "NHWC"
    """NHWC or NCHW."""
    range: tuple[float, float] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InvalidValue(option_name("size"), self.size, "1 or more pixels")
        if self.layout not in ("NHWC", "NCHW"):
            raise InvalidValue(option_name("layout"), self.layout, "NHWC or NCHW")
        for name in ("mean", "std"):
            given = getattr(self, name)
            if given is not None and len(given) not in (1, 3):
                raise InvalidValue(option_name(name), given, "one number, or one for each of 3 channels")
        for name, given in (("range", self.range), ("mean", self.mean), ("std", self.std)):
            if given is not None and not np.isfinite(given).all():
                raise InvalidValue(option_name(name), given, "finite numbers")
        if self.mean is not None and self.std is None:
            raise InvalidValue(
                option_name("std"), None, "what is divided by after the mean is taken off; 1 for nothing"
            )
        if self.std is not None and self.mean is None:
            raise InvalidValue(option_name("mean"), None, "what is taken off before the division by std; 0 for nothing")
        if self.std is not None and not all(value > 0 for value in self.std):
            raise InvalidValue(option_name("std"), self.std, "positive numbers")
        if self.range is not None and (len(self.range) != 2 or not self.range[0] < self.range[1]):
            raise InvalidValue(option_name("range"), self.range, "two numbers, the lower one first: 0,1")

    @property
    def floats(self) -> bool:
        """Whether the model is given float32, rather than the frames' own uint8."""
        return self.range is not None or self.mean is not None or self.std is not None

    def __call__(self, frames: UInt8[np.ndarray, "N H W 3"]) -> Shaped[np.ndarray, "N ..."]:
        """Return the model's input: float32, or uint8 where no range, mean or sd is said."""
        x: np.ndarray = frames if self.size is None else _resized(frames, self.size)
        if self.floats:
            low, high = self.range or (0.0, 255.0)
            x = x.astype(np.float32) * np.float32((high - low) / 255.0) + np.float32(low)
            if self.mean is not None:
                x -= np.asarray(self.mean, dtype=np.float32)
            if self.std is not None:
                x /= np.asarray(self.std, dtype=np.float32)
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if self.layout == "NCHW" else x

    def described(self, x: Shaped[np.ndarray, "N ..."]) -> str:
        """Return what a batch of input is, for the preflight: type, shape, range, mean and sd."""
        shape = ", ".join(map(str, x.shape[1:]))
        return (
            f"{x.dtype} (N, {shape}), {x.min():.3g} to {x.max():.3g}, mean {x.mean(dtype=np.float64):.3g}, "
            f"sd {x.std(dtype=np.float64):.3g}"
        )

    def doubts(self, x: Shaped[np.ndarray, "N ..."]) -> list[str]:
        """Return what looks unlike the input of a trained model: a range that no usual normalisation gives."""
        found = []
        if self.floats and x.max() > 20.0:
            found.append(
                f"the input reaches {x.max():.3g}: models are usually trained on 0 .. 1 or on standardised pixels "
                "(--range 0,1 --mean ... --std ...)"
            )
        if self.floats and self.mean is None and x.min() >= 0.0 and x.max() <= 1.0 / 255.0 + 1e-6:
            found.append(f"the input reaches only {x.max():.3g}: it may have been divided by 255 twice")
        if self.mean is not None and max(map(abs, self.mean)) > 1.0 and (self.range or (0.0, 255.0))[1] <= 1.0:
            found.append(f"the mean {_listed(self.mean)} belongs to pixels of 0 .. 255, and the range is 0 .. 1")
        if self.mean is not None and max(map(abs, self.mean)) <= 1.0 and (self.range or (0.0, 255.0))[1] > 2.0:
            found.append(f"the mean {_listed(self.mean)} belongs to pixels of 0 .. 1: add --range 0,1")
        return found


def _resized(frames: UInt8[np.ndarray, "N H W 3"], size: int) -> UInt8[np.ndarray, "N size size 3"]:
    if frames.shape[1:3] == (size, size):
        return frames
    how = Image.Resampling.BOX if size < frames.shape[1] else Image.Resampling.BILINEAR
    return np.stack([np.asarray(Image.fromarray(frame).resize((size, size), how)) for frame in frames])


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"{value:g}" for value in values)
