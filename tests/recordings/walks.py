"""Recorded walks that tests write in every layout and read back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Walk:
    """Episodes of a random walk, with frames whose brightness is the row's number."""

    lengths: tuple[int, ...]
    states: np.ndarray
    actions: np.ndarray
    frames: np.ndarray
    """uint8 (rows, 16, 24, 3): row k has brightness 4 k, brighter by 40 on the left half, so that turns would show."""

    @property
    def rows(self) -> int:
        return len(self.states)

    @property
    def starts(self) -> np.ndarray:
        return np.cumsum([0, *self.lengths[:-1]])

    @property
    def episode(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def step(self) -> np.ndarray:
        return np.arange(self.rows) - self.starts[self.episode]

    def parts(self, array: np.ndarray) -> list[np.ndarray]:
        """Cut an array into its episodes."""
        return np.split(array, self.starts[1:])


def walk(lengths: tuple[int, ...] = (12, 7, 20), n: int = 3, seed: int = 0) -> Walk:
    rng = np.random.default_rng(seed)
    rows = sum(lengths)
    frames = np.zeros((rows, 16, 24, 3), dtype=np.uint8)
    frames += (4 * np.arange(rows) % 212).astype(np.uint8)[:, None, None, None]
    frames[:, :, :12] += 40
    states = rng.standard_normal((rows, n)).cumsum(axis=0).astype(np.float32)
    return Walk(lengths, states, rng.standard_normal((rows, 2)).astype(np.float32), frames)


def pairs_by_hand(walk: Walk, stride: int) -> list[tuple[int, int]]:
    """Every pair of rows of one episode that lie `stride` apart, the slow way."""
    return [
        (start + k, start + k + stride)
        for start, length in zip(walk.starts.tolist(), walk.lengths, strict=True)
        for k in range(length - stride)
    ]
