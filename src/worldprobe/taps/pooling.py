"""From whatever an encoder returns for N observations to one vector for each: nothing is pooled without being asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Num

from worldprobe.errors import InvalidValue, WorldprobeError

Pool = Literal["mean", "flatten", "first"]


class UnusableEmbedding(WorldprobeError):
    """An embedding that cannot be measured: its shape, its values or its rows, and what to do."""


def _mean(h: Num[np.ndarray, "N ..."]) -> Num[np.ndarray, "N d"]:
    return h.mean(axis=(2, 3)) if h.ndim == 4 else h.mean(axis=1)


POOLS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": _mean,
    "flatten": lambda h: h.reshape(len(h), -1),
    "first": lambda h: h[:, 0],
}
"""`mean`: over the places of (N, C, H, W), or the tokens of (N, T, C); `first`: the first token of (N, T, C)."""


def vectors(h: np.ndarray, pool: str | None, where: str) -> Float[np.ndarray, "N d"]:
    """Return one vector a row; raises UnusableEmbedding with the shape, and how to pool, for anything else."""
    if h.dtype.kind not in "fiub" or h.ndim == 0:
        raise UnusableEmbedding(f"{where} holds {h.dtype} of shape {h.shape}, not rows of numbers.")
    h = pooled(h, pool, where)
    if h.shape[1] == 0:
        raise UnusableEmbedding(f"{where} has no columns: its shape is {_words(h)}.")
    return h if h.dtype.kind == "f" else h.astype(np.float32)


def pooled(h: Any, pool: str | None, where: str) -> Any:
    """Return one vector a row of an array or a tensor; raises UnusableEmbedding and InvalidValue as `vectors`."""
    if pool is not None and pool not in POOLS:
        raise InvalidValue("pool", pool, " or ".join(POOLS))
    if h.ndim == 1:
        h = h[:, None]
    if h.ndim > 2:
        if pool is None:
            raise UnusableEmbedding(f"{where} has the shape {_words(h)}, not (N, d). {_advice(h)}")
        if (h.ndim > 4 and pool != "flatten") or (pool == "first" and h.ndim != 3):
            raise UnusableEmbedding(f"{where} has the shape {_words(h)}, which --pool {pool} is not defined for.")
        h = POOLS[pool](h)
    return h


def _words(h: np.ndarray) -> str:
    return f"(N, {', '.join(str(size) for size in h.shape[1:])})"


def _advice(h: np.ndarray) -> str:
    if h.ndim == 4:
        return "If it is (N, C, H, W): --pool mean averages over places, --pool flatten keeps them."
    if h.ndim == 3:
        return (
            "If it is (N, tokens, C): --pool first takes the first token (CLS), mean averages, flatten keeps all. "
            "If it is (episodes, steps, d): reshape it to one row for every step."
        )
    return "--pool flatten makes a vector of it."
