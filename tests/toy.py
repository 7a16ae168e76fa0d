"""Toy worlds for tests: exact to the byte, no dependency, about 20,000 frames a second at 16 px."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, UInt8
from pydantic import Field

from worldprobe.world.world import Control, World

CAMERA = (
    Control("truck", "m", 0.35, "to the right", limit=1.0),
    Control("pedestal", "m", 0.20, "up", limit=0.6),
    Control("dolly", "m", 0.40, "forwards", limit=1.1),
    Control("yaw", "deg", 20.0, "pans to the left", limit=60.0),
    Control("pitch", "deg", 8.0, "tilts up", limit=25.0),
    Control("roll", "deg", 5.0, "leans to the right", limit=15.0),
)
"""Six camera controls with limits, as a room has them."""

PLANE = (Control("x", "px", 1.0, "to the right"), Control("y", "px", 1.0, "down"))
"""Two controls without limits."""

_COLOURS = np.array([(255, 80, 40), (40, 255, 80), (80, 40, 255)], dtype=np.float64)


class ToyWorld(World):
    """Soft blobs on a black ground: controls 2i and 2i + 1 move blob i across and down, squashed to stay in sight.

    `delay` seconds are spent on every frame, for tests of kills and progress; it changes no pixel and no fingerprint.
    """

    specs: tuple[Control, ...] = Field(PLANE, exclude=True)
    size: int = 16
    delay: float = 0.0

    @property
    def controls(self) -> tuple[Control, ...]:
        return self.specs

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return (self.size, self.size, 3)

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {"toy": 1, "size": self.size, "controls": [spec.name for spec in self.specs]}

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
        time.sleep(self.delay * len(z))
        place = self.size / 2.0 * (1.0 + 0.8 * np.tanh(np.asarray(z, dtype=np.float64) / 2.0))
        pixels = np.arange(self.size) + 0.5
        bell = np.exp(-0.5 * ((pixels - place[:, :, None]) / (0.12 * self.size)) ** 2)
        light = np.full((len(z), self.size, self.size, 3), 20.0)
        for i in range(0, z.shape[1], 2):
            down = bell[:, i + 1, :, None] if i + 1 < z.shape[1] else np.ones((len(z), self.size, 1))
            light += (down * bell[:, i, None, :])[..., None] * _COLOURS[i // 2 % 3]
        return np.minimum(light, 255.0).astype(np.uint8)


class ToyVectors(World):
    """Vectors instead of frames: every control, its sine and its square, float32 (N, 3 n)."""

    specs: tuple[Control, ...] = Field(PLANE, exclude=True)

    @property
    def controls(self) -> tuple[Control, ...]:
        return self.specs

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return (3 * len(self.specs),)

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {"toy-vectors": 1, "controls": [spec.name for spec in self.specs]}

    def observe(self, z: Float[np.ndarray, "N n"]) -> Float32[np.ndarray, "N m"]:
        z = np.asarray(z, dtype=np.float64)
        return np.concatenate([z, np.sin(z), z**2], axis=1).astype(np.float32)


STUDY: dict[str, Any] = {
    "name": "toy",
    "title": "Toy",
    "question": "Does it work?",
    "world": {"name": "toy-vectors"},
    "regimes": {"gaussian": {"rho": 0.8}, "narrow": {"scale": 0.1}},
    "objectives": {"lejepa": {"lambda": 0.05}},
    "encoder": {"name": "mlp", "width": 32, "depth": 2},
    "frames": 2048,
    "heldout_frames": 256,
    "probe_frames": 256,
    "test_frames": 256,
    "training": {"steps": 60, "batch": 128, "lr": 0.01},
    "seeds": [0],
    "references": {"supervised_on": "gaussian"},
    "presets": {"cpu": {}, "long": {"training": {"steps": 100_000, "checkpoint_every": 20}}},
}
"""A study that shows the point in a second: broad exploration recovers, a narrow one does less well."""
