"""Contact sheets of a world, as PIL images."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from worldprobe._util.seeds import stream
from worldprobe.errors import WorldprobeError
from worldprobe.world import World

SHEET_COLUMNS = 8
GAP = 4
SHOWN_SIZE = 128
"""Pixels of a frame that people look at, for worlds that draw at any size."""


def canonical_views(world: World, views: int, seed: int) -> Float[np.ndarray, "N n"]:
    """Return the controls of a contact sheet: canonical N(0, I) draws."""
    return stream(seed, "contact sheet").standard_normal((views, len(world.controls)))


def frames_of(world: World, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
    """Return a world's frames; raises WorldprobeError where its observations are vectors and not frames."""
    if len(world.observation_shape) != 3:
        raise WorldprobeError(
            f"This world's observations are vectors of {world.observation_shape[0]}, not frames to draw."
        )
    return world.observe(z)


def enlarged_frames(world: World, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
    """Return a world's frames at 128 pixels for people to look at; at its own size where it has only that."""
    if "size" not in type(world).model_fields:
        return world.observe(z)
    # A world of its own, made from settings: a copy would share the open renderer, draw at its size and close it.
    with type(world).model_validate({**world.settings(), "size": SHOWN_SIZE}) as larger:
        return larger.observe(z)


def sheet(frames: UInt8[np.ndarray, "N H W 3"], columns: int = SHEET_COLUMNS) -> Image.Image:
    """Return the frames side by side on white, in rows of `columns`."""
    count, height, width, _ = frames.shape
    rows = -(-count // columns)
    page = np.full((rows * (height + GAP) - GAP, min(columns, count) * (width + GAP) - GAP, 3), 255, np.uint8)
    for i, frame in enumerate(frames):
        top, left = (i // columns) * (height + GAP), (i % columns) * (width + GAP)
        page[top : top + height, left : left + width] = frame
    return Image.fromarray(page)
