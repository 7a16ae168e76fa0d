"""Leaks: squares and products of states that an embedding codes linearly, in the place of states that it does not.

An objective that asks for independent Gaussian directions is served as well by the square of a slow control as by a
fast control: arXiv 2605.26379 orders the features by their pair correlation, and rho_slow^2 can exceed rho_fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.linear_recovery import linear_recovery
from worldprobe.measures.procrustes import normal_scores
from worldprobe.measures.row_blocks import RowBlocks

LEAST = 0.1
"""R^2 of a feature of degree two that is worth a name."""

MISSING = 0.5
"""A state with less linear R^2 than this is missing from the embedding."""


@dataclass(frozen=True)
class Leak:
    """A feature of degree two that can be read linearly from the embedding."""

    feature: str
    """"pos^2", or "pos * yaw"."""
    r2: float
    dimension: int
    """The dimension of the embedding that correlates most with it."""
    correlation: float
    instead_of: str | None
    """The state that is missing from the embedding, the lowest first; None where none is."""


def leaks(
    h: Float[np.ndarray, "N d"],
    z: Float[np.ndarray, "N n"],
    names: Sequence[str],
    r2: Float[np.ndarray, " n"],
    blocks: RowBlocks,
    rng: np.random.Generator,
) -> list[Leak]:
    """Return the degree-2 Hermite features of the states that the embedding codes, strongest first.

    Features are (s^2 - 1) / sqrt 2 and s_i s_j of the states' normal scores s, less what is linear in them; R^2 is
    that of a linear probe on blocks it was not fitted to. `r2` is the linear recovery of the states themselves. A wide
    embedding may code a state and its square both: then nothing is missing, and `instead_of` is None.
    """
    s = normal_scores(z)
    features, named = _degree_two(s, names)
    linear = np.column_stack([np.ones(len(s)), s])
    before = features.var(axis=0)
    features = features - linear @ np.linalg.lstsq(linear, features, rcond=None)[0]
    own = features.var(axis=0) > 0.05 * np.maximum(before, 1e-12)
    if not own.any():
        return []
    features, named = features[:, own], [name for name, kept in zip(named, own, strict=True) if kept]
    found = linear_recovery(block_moments(h, features, blocks), rng).r2
    missing = [names[i] for i in np.argsort(r2) if r2[i] < MISSING]
    strong = [i for i in np.argsort(-np.nan_to_num(found)) if found[i] >= LEAST]
    listed = []
    for place, i in enumerate(strong):
        correlation = _correlations(h, features[:, i])
        dimension = int(np.argmax(np.abs(correlation)))
        instead = missing[place] if place < len(missing) else None
        listed.append(Leak(named[i], float(found[i]), dimension, float(correlation[dimension]), instead))
    return listed


def _degree_two(s: Float[np.ndarray, "N n"], names: Sequence[str]) -> tuple[Float[np.ndarray, "N features"], list[str]]:
    columns, named = [], []
    for i in range(s.shape[1]):
        for j in range(i, s.shape[1]):
            columns.append((s[:, i] ** 2 - 1.0) / np.sqrt(2.0) if i == j else s[:, i] * s[:, j])
            named.append(f"{names[i]}^2" if i == j else f"{names[i]} * {names[j]}")
    return np.stack(columns, axis=1), named


def _correlations(h: Float[np.ndarray, "N d"], y: Float[np.ndarray, " N"]) -> Float[np.ndarray, " d"]:
    centred = h - h.mean(axis=0, dtype=np.float64)
    norm = np.linalg.norm(centred, axis=0) * np.linalg.norm(y - y.mean())
    found: np.ndarray = (centred.T @ (y - y.mean())) / np.where(norm > 0, norm, np.inf)
    return found
