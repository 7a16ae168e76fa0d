"""Canonical views of a world, drawn once for all its gates: controls, observations, features, local derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Shaped

from worldprobe.datasets import canonical
from worldprobe.world import World

BATCH = 512
"""Observations that a world makes at a time."""

SIDE = 32
"""Frames larger than this are averaged down to it before they are compared."""

GREY_PER_SD = 50.0
"""A world of vectors is measured in grey levels too: as many as this for the standard deviation of its observations."""

STEP_GREY, STEPS = 5.0, (0.02, 0.25)
"""A derivative is taken over as much of a control as changes the image by about this many grey levels, within bounds:
large compared with 8-bit rounding (.3 grey levels), small compared with the image itself."""
PILOTS = 16
"""States at which the length of that step is found."""


@dataclass(frozen=True)
class Effort:
    """How many observations the gates on a world may ask for."""

    frames: int = 5000
    """Canonical draws, for what is linear in pixels and as a pool in which aliased states are found."""
    poses: int = 192
    """Canonical draws at which derivatives are taken."""
    bases: int = 24
    """Canonical draws for which aliased states are searched."""


class Views:
    """A world seen from its canonical distribution; every observation is made once and kept at low resolution."""

    def __init__(self, world: World, seed: int, effort: Effort) -> None:
        self.world, self.effort = world, effort
        self.names = [spec.name for spec in world.controls]
        self.z = canonical(world, max(effort.frames, effort.poses, effort.bases), seed, "probe").pairs.controls.astype(
            np.float64
        )

    @cached_property
    def features(self) -> Float32[np.ndarray, "frames m"]:
        """Features of all canonical draws, in grey levels."""
        return self.seen(self.z)

    @cached_property
    def typical_distance(self) -> float:
        """Root mean square difference, in grey levels, between the images of two canonical states: the median."""
        half = min(len(self.features) // 2, BATCH)
        apart = self.features[:half] - self.features[half : 2 * half]
        return max(float(np.median(np.sqrt((apart**2).mean(axis=1)))), 1e-9)

    def seen(self, z: Float[np.ndarray, "N n"]) -> Float32[np.ndarray, "N m"]:
        """Return features of the observations at z: frames averaged down to 32 px, or vectors, in grey levels."""
        parts = [self._small(self.world.observe(z[start : start + BATCH])) for start in range(0, len(z), BATCH)]
        return np.concatenate(parts)

    def _small(self, observed: Shaped[np.ndarray, "N ..."]) -> Float32[np.ndarray, "N m"]:
        if observed.ndim == 2:
            return (observed * np.float32(self._grey)).astype(np.float32)
        return shrunk(observed, SIDE).reshape(len(observed), -1)

    @property
    def small_shape(self) -> tuple[int, int]:
        """Height and width of the frames that features are made of."""
        height, width = self.world.observation_shape[:2]
        block = -(-max(height, width) // SIDE)
        return height // block, width // block

    @cached_property
    def _grey(self) -> float:
        """Grey levels in one unit of a vector observation."""
        observed = self.world.observe(self.z[:BATCH])
        return GREY_PER_SD / float(np.maximum(observed.std(axis=0).mean(), 1e-12))

    @cached_property
    def steps(self) -> Float[np.ndarray, " n"]:
        """Half the distance over which each control's derivative is taken."""
        slope = np.sqrt((self._slopes(self.z[:PILOTS], np.full(len(self.names), STEPS[1] / 4)) ** 2).mean(axis=(0, 2)))
        return np.clip(STEP_GREY / np.maximum(slope, 1e-9), *STEPS)

    @cached_property
    def derivatives(self) -> Float32[np.ndarray, "poses n m"]:
        """Central differences at the first canonical draws: grey levels per unit of each control."""
        return self._slopes(self.z[: self.effort.poses], self.steps)

    def _slopes(self, z: Float[np.ndarray, "N n"], steps: Float[np.ndarray, " n"]) -> Float32[np.ndarray, "N n m"]:
        n = len(steps)
        around = (z[:, None, :] + np.concatenate([np.diag(steps), -np.diag(steps)])).reshape(-1, n)
        found = np.empty((len(z), n, self.features.shape[1]), dtype=np.float32)
        poses = max(1, BATCH // (2 * n))
        for start in range(0, len(z), poses):
            stop = min(start + poses, len(z))
            part = self.seen(around[2 * n * start : 2 * n * stop]).reshape(stop - start, 2, n, -1)
            found[start:stop] = (part[:, 0] - part[:, 1]) / (2.0 * steps[:, None]).astype(np.float32)
        return found


def shrunk(frames: Shaped[np.ndarray, "N H W 3"], side: int) -> Float32[np.ndarray, "N h w 3"]:
    """Return frames averaged over whole blocks of pixels, down to at most `side` pixels; a remainder is left out.

    Blocks are square, or as high or wide as the frame where that is less.
    """
    block = -(-max(frames.shape[1:3]) // side)
    if block == 1:
        return frames.astype(np.float32)
    high, wide = (min(block, length) for length in frames.shape[1:3])
    height, width = frames.shape[1] // high, frames.shape[2] // wide
    cut = frames[:, : height * high, : width * wide].reshape(len(frames), height, high, width, wide, 3)
    return cut.mean(axis=(2, 4), dtype=np.float32)
