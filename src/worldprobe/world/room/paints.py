"""Paints: matte colours, glowing ones, and pictures computed from formulas (no image files).

Colours are sRGB as designers write them; `linear` gives what light is multiplied by.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

Picture = Callable[[Float[np.ndarray, "H W"], Float[np.ndarray, "H W"]], Float[np.ndarray, "H W 3"]]


@dataclass(frozen=True)
class Paint:
    """A matte colour ("#rrggbb"), or a picture's name in `PICTURES`; `glow` is how bright it shines by itself.

    A glowing paint shows its own colour times `glow`, casts no shadow and lights nothing: lamps do that.
    """

    colour: str = "#ffffff"
    picture: str | None = None
    glow: float = 0.0


def srgb(colour: str) -> Float[np.ndarray, "3"]:
    """Return "#rrggbb" as three numbers in [0, 1], still sRGB-encoded."""
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])


class Canvas:
    """Flat colours laid over each other where masks are true: the way every picture here is drawn."""

    def __init__(self, shape: tuple[int, ...], ground: str) -> None:
        self.pixels = np.broadcast_to(srgb(ground), (*shape, 3)).copy()

    def lay(self, mask: Bool[np.ndarray, "H W"], colour: str) -> Canvas:
        """Paint `colour` where `mask` is true and return the canvas."""
        self.pixels[mask] = srgb(colour)
        return self


def planks(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """Oak boards along x, each of its own tone, with dark joints; x, y in [0, 1] over a 7 m x 6 m floor."""
    across, along = y[:, :1] * 6.0 / 0.2, x[:1] * 7.0
    row = np.floor(across)
    placed = along + _fraction(row * 0.618) * 1.8
    board = np.floor(placed / 1.8)
    tone = _fraction(np.sin(row * 12.9898 + board * 78.233) * 43758.5453)
    grain = 0.5 + 0.5 * np.sin(40 * _fraction(across) + 3 * np.sin(along * 2.1 + row) + 7 * tone)
    light, dark = srgb("#c99a68"), srgb("#9c6a40")
    pixels = dark + (light - dark) * (0.15 + 0.75 * tone + 0.10 * grain)[..., None]
    joint = (_fraction(across) < 0.035) | (np.mod(placed, 1.8) < 0.012)
    pixels[joint] *= 0.62
    return pixels


def _fraction(values: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W"]:
    """Return np.mod(values, 1.0) in half the time."""
    return values - np.floor(values)


def rug(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """A cream rug with large overlapping shapes, different in every quarter."""
    a, b = (x - 0.5) * 3.2, (y - 0.5) * 2.4
    canvas = Canvas(x.shape, "#efe3cf")
    canvas.lay(np.hypot(a + 0.85, b - 0.45) < 0.62, "#c9694b").lay(np.hypot(a - 0.9, b + 0.45) < 0.55, "#2f6f73")
    canvas.lay((np.hypot(a - 0.75, b - 0.55) < 0.5) & (b > 0.55), "#dba545")
    canvas.lay((np.abs(a + 0.75) < 0.42) & (np.abs(b + 0.6) < 0.3), "#2b4568")
    canvas.lay((np.abs(b - 0.5 * np.sin(2.2 * a)) < 0.07), "#e7b9a4")
    canvas.lay(np.hypot(a + 0.85, b - 0.45) < 0.26, "#efe3cf").lay(np.hypot(a - 0.9, b + 0.45) < 0.2, "#dba545")
    border = (np.abs(a) > 1.5) | (np.abs(b) > 1.1)
    return canvas.lay(border, "#24405e").lay((np.abs(a) > 1.55) | (np.abs(b) > 1.15), "#d8c3a0").pixels


def front_wall(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """Plaster with a painted ochre arch, a terracotta sun and a low dune; 7 m x 3 m, seen from inside."""
    a, b = x * 7.0 - 3.5, y * 3.0
    canvas = Canvas(x.shape, "#edd9c4")
    canvas.lay(np.hypot(a - 1.55, b - 1.95) < 0.62, "#c8694a")
    arch = (np.abs(a + 0.45) < 1.05) & ((b < 1.45) | (np.hypot(a + 0.45, b - 1.45) < 1.05))
    canvas.lay(arch, "#dba545")
    inner = (np.abs(a + 0.45) < 0.66) & ((b < 1.45) | (np.hypot(a + 0.45, b - 1.45) < 0.66))
    canvas.lay(inner, "#e9c27c")
    return canvas.lay(b < 0.78 + 0.16 * np.sin(1.1 * a + 0.9) - 0.05 * a, "#d98f6c").pixels


def right_wall(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """Sage below a slanting line, cream above; 6 m x 3 m."""
    a, b = x * 6.0, y * 3.0
    canvas = Canvas(x.shape, "#f0e7d8")
    canvas.lay(b < 1.25 + 0.12 * a, "#93aa8d").lay(np.abs(b - 1.25 - 0.12 * a) < 0.035, "#5f7d63")
    return canvas.pixels


def sky(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """A morning sky over hills and a few round trees."""
    t = np.clip((y - 0.3) / 0.7, 0, 1)[..., None]
    canvas = Canvas(x.shape, "#ffffff")
    canvas.pixels[:] = srgb("#fbe3c4") * (1 - t) + srgb("#8fc3e6") * t
    for cx, cy, r in ((0.2, 0.78, 0.06), (0.26, 0.8, 0.08), (0.33, 0.78, 0.06), (0.68, 0.66, 0.05), (0.75, 0.67, 0.07)):
        canvas.lay(np.hypot(x - cx, (y - cy) * 1.4) < r, "#fdf6ec")
    canvas.lay(y < 0.44 + 0.06 * np.sin(7 * x + 1), "#a9c7b4").lay(y < 0.36 + 0.05 * np.sin(5 * x + 4), "#7fae7d")
    trees = ((0.2, 0.33, 0.035), (0.36, 0.31, 0.052), (0.53, 0.37, 0.035), (0.66, 0.35, 0.06), (0.86, 0.3, 0.05))
    for cx, ground, r in trees:
        canvas.lay((np.abs(x - cx) < 0.16 * r) & (np.abs(y - ground - r) < r), "#7a5a40")
        canvas.lay(np.hypot(x - cx, (y - ground - 2.2 * r) / 1.5) < r, "#4f8a5b")
    return canvas.lay(y < 0.24 + 0.03 * np.sin(9 * x), "#5f9a5c").pixels


def horizon(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """An abstract sea with a red sun."""
    canvas = Canvas(x.shape, "#f2dfc3").lay(np.hypot(x - 0.62, (y - 0.58) * 0.75) < 0.17, "#d2533a")
    canvas.lay(y < 0.45, "#2f6f73").lay(y < 0.3 + 0.05 * np.sin(6 * x), "#24405e")
    return canvas.lay(y < 0.12 + 0.05 * np.sin(5 * x + 2), "#dba545").pixels


def blocks(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """Rectangles in five colours."""
    canvas = Canvas(x.shape, "#f5efe2").lay(x < 0.45, "#c8694a").lay((x > 0.45) & (y > 0.6), "#24405e")
    canvas.lay((x > 0.7) & (y < 0.6), "#dba545").lay((x < 0.45) & (y < 0.3), "#8fb1c4")
    return canvas.pixels


def stems(x: Float[np.ndarray, "H W"], y: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W 3"]:
    """Three leaves on a pale ground."""
    canvas = Canvas(x.shape, "#f4eee3")
    for cx, lean, colour in ((0.3, -0.15, "#3f7d4e"), (0.5, 0.0, "#24405e"), (0.7, 0.15, "#8fa58a")):
        middle = cx + lean * (y - 0.2)
        canvas.lay((np.abs(x - middle) < 0.11 * np.sin(np.pi * np.clip((y - 0.15) / 0.7, 0, 1))), colour)
    return canvas.pixels


PICTURES: dict[str, tuple[Picture, tuple[int, int]]] = {
    "planks": (planks, (1536, 1280)),
    "rug": (rug, (640, 480)),
    "front wall": (front_wall, (1400, 600)),
    "right wall": (right_wall, (1200, 600)),
    "sky": (sky, (512, 384)),
    "horizon": (horizon, (256, 192)),
    "blocks": (blocks, (192, 256)),
    "stems": (stems, (192, 256)),
}


BAND = 8
"""Rows of pixels that are drawn at once."""


def drawn(name: str, coarser: int = 1) -> Float[np.ndarray, "H W 3"]:
    """Return a picture's pixels, sRGB in [0, 1], top row first, each the mean of 2 x 2 evaluations.

    `coarser` divides the number of pixels along each side.
    """
    picture, (width, height) = PICTURES[name]
    width, height = width // coarser, height // coarser
    across, down = (np.arange(2 * width) + 0.5) / (2 * width), (np.arange(2 * height) + 0.5) / (2 * height)
    pixels = np.empty((height, width, 3))
    for top in range(0, height, BAND):  # of a whole picture every step of a formula is tens of megabytes
        x, y = np.meshgrid(across, down[2 * top : 2 * (top + BAND)])
        fine = picture(x, 1.0 - y).reshape(-1, 2, width, 2, 3)
        pixels[top : top + BAND] = (fine[:, 0, :, 0] + fine[:, 0, :, 1] + fine[:, 1, :, 0] + fine[:, 1, :, 1]) / 4
    return pixels
