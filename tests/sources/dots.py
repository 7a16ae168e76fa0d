"""Logs of a bright square that stands where the state says."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_dots(
    path: Path, episodes: int, rows: int = 12, *, seed: int = 0, spread: float = 3.0, **more: np.ndarray
) -> Path:
    """Write episodes of white noise about a place of their own, `spread` apart; frames are 16 x 16."""
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((episodes, rows, 2)) * np.array([1.0, 0.5])
    state = (0.9 * steps + spread * rng.standard_normal((episodes, 1, 2))).reshape(-1, 2).astype(np.float32)
    np.savez(path, state=state, pixels=dots(state), episode=np.arange(episodes).repeat(rows), **more)
    return path


def dots(state: np.ndarray) -> np.ndarray:
    """Return the frames of states: a square of 3 x 3 pixels, the state from the centre in pixels."""
    frames = np.zeros((len(state), 16, 16, 3), dtype=np.uint8)
    for row, (x, y) in enumerate(np.clip(np.rint(state + 7), 0, 13).astype(int)):
        frames[row, y : y + 3, x : x + 3] = 255
    return frames
