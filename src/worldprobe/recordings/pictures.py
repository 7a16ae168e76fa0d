"""How pictures lie in an array: channels first or last, grey, RGBA, stacked, 8 bits or numbers from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8

Pictures = UInt8[np.ndarray, "k H W 3"]

SMALLEST = 8
"""Sides from which a grey (H, W) block, or a block of floating-point numbers, is taken for a picture."""


@dataclass(frozen=True)
class PictureLayout:
    """Where the channels of a picture are, and what they are."""

    axis: int | None
    """The axis of the channels in (rows, ...), or None where a picture is (H, W)."""
    channels: int
    words: str = ""
    """What is said of it: empty for one or three channels."""


def layout_of(shape: tuple[int, ...]) -> PictureLayout | None:
    """Return how pictures of this shape are laid out; None for what is no picture.

    Four channels that come last are RGBA, of which alpha is left out. Other numbers of channels are pictures of several
    moments, the newest last: three channels each where three divide them, grey otherwise. The newest is taken.
    """
    if len(shape) == 2 and min(shape) >= SMALLEST:
        return PictureLayout(None, 1, "grey")
    if len(shape) != 3 or 0 in shape:
        return None
    for axis in (3, 1):
        channels, sides = shape[axis - 1], shape[:2] if axis == 3 else shape[1:]
        if channels in (1, 3):
            return PictureLayout(axis, channels)
        if channels <= 32 and min(sides) >= max(SMALLEST, channels + 1):
            return PictureLayout(axis, channels, _many(channels, axis))
    return None


def _many(channels: int, axis: int) -> str:
    if channels == 4 and axis == 3:
        return "RGBA, alpha left out"
    each, kind = (3, "RGB") if channels % 3 == 0 else (1, "grey")
    return f"a stack of {channels // each} {kind} frames, the last taken"


def rgb(block: Shaped[np.ndarray, "k ..."]) -> Pictures:
    """Return 8-bit pictures of any layout with three channels, last; grey is repeated."""
    layout = layout_of(block.shape[1:])
    assert layout is not None
    if layout.axis is None:
        block = block[..., None]
    elif layout.axis == 1:
        block = np.moveaxis(block, 1, -1)
    if layout.channels == 4 and layout.axis == 3:
        block = block[..., :3]
    elif layout.channels > 3:
        block = block[..., -3:] if layout.channels % 3 == 0 else block[..., -1:]
    return np.ascontiguousarray(np.broadcast_to(block, (*block.shape[:3], 3)))


def rgb_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the shape that `rgb` gives a picture."""
    layout = layout_of(shape)
    assert layout is not None
    return (shape[1], shape[2], 3) if layout.axis == 1 else (shape[0], shape[1], 3)


def may_be_pictures(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bool:
    """Return whether an array's rows are pictures: of 8 bits, or of floating-point numbers in three channels."""
    layout = layout_of(shape)
    if dtype == np.uint8:
        return layout is not None
    sides = shape[1:] if layout is not None and layout.axis == 1 else shape[:2]
    return dtype.kind == "f" and layout is not None and layout.channels == 3 and min(sides) >= SMALLEST


def range_of_floats(sample: Shaped[np.ndarray, "k ..."]) -> float | None:
    """Return what floating-point pictures are multiplied with to be 0 .. 255; None where they are in neither range."""
    if not np.isfinite(sample).all() or sample.min() < 0.0 or sample.max() > 255.0:
        return None
    return 255.0 if sample.max() <= 1.0 else 1.0


def eight_bits(block: Shaped[np.ndarray, "k ..."], factor: float) -> UInt8[np.ndarray, "k ..."]:
    """Return pictures as uint8, rounded; what is not finite is 0."""
    scaled = np.nan_to_num(block.astype(np.float32), nan=0.0, posinf=255.0, neginf=0.0) * np.float32(factor)
    return np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8)
