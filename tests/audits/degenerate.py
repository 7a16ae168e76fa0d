"""Columns that somebody's log may hold and that no formula likes: constant, tied, copied, huge, tiny, idle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Column = Callable[[np.random.Generator, int], np.ndarray]


def walk(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.standard_normal(rows).cumsum()


COLUMNS: dict[str, Column] = {
    "normal": lambda rng, rows: rng.standard_normal(rows),
    "walk": walk,
    "constant": lambda rng, rows: np.full(rows, 3.7),
    "zero": lambda rng, rows: np.zeros(rows),
    "coin": lambda rng, rows: (rng.random(rows) < 0.1).astype(float),
    "counts": lambda rng, rows: rng.integers(0, 4, rows).astype(float),
    "one row": lambda rng, rows: np.eye(1, rows, rows // 3)[0],
    "step": lambda rng, rows: (np.arange(rows) > rows / 2).astype(float),
    "trend": lambda rng, rows: np.arange(rows, dtype=float),
    "heavy": lambda rng, rows: rng.standard_cauchy(rows) ** 3,
    "huge": lambda rng, rows: 1e300 * np.tanh(rng.standard_normal(rows)),
    "tiny": lambda rng, rows: 1e-300 * rng.standard_normal(rows),
    "far": lambda rng, rows: 1e15 + rng.standard_normal(rows),
    "idle": lambda rng, rows: np.where(np.arange(rows) < rows / 5, rng.standard_normal(rows), 0.0),
    "alternating": lambda rng, rows: (-1.0) ** np.arange(rows),
    "periodic": lambda rng, rows: np.sin(np.arange(rows) / 7.0),
}


def table(names: list[str], rows: int, copied: bool, seed: int) -> np.ndarray:
    """Columns by name; `copied` adds the first once more."""
    rng = np.random.default_rng(seed)
    columns = [COLUMNS[name](rng, rows) for name in names]
    return np.stack([*columns, *columns[: int(copied)]], axis=1)
