"""Sums over the ranks of `torch.distributed` that gradients flow through, so that DDP trains on the whole batch's loss.

DDP averages the ranks' gradients. A loss computed from sums over all ranks is the same on every rank; its gradient
comes out right only if the backward pass sums over ranks too (a plain all-reduce shrinks it by the number of ranks).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable


def rank_count() -> int:
    """Return the number of ranks: 1 where no process group was initialised."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def sum_over_ranks(value: Tensor) -> Tensor:
    """Return the sum of `value` over all ranks, on every rank; its gradient is the sum of all ranks' gradients."""
    if rank_count() == 1:
        return value
    total: Tensor = _SumOverRanks.apply(value)
    return total


def mean_over_ranks(own_mean: Tensor, samples: int) -> Tensor:
    """Return the mean over all ranks' samples, given the mean over this rank's own, so many of them.

    Ranks of unequal size count by their size, in the value and in the gradient that DDP averages.
    """
    if rank_count() == 1:
        return own_mean
    total = sum_over_ranks(torch.tensor(float(samples), dtype=own_mean.dtype, device=own_mean.device))
    return sum_over_ranks(own_mean * samples) / total


class _SumOverRanks(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        total = upstream.clone()
        dist.all_reduce(total)
        return total


def rows_of_all_ranks(rows: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "N d"]:
    """Return the rows of all ranks, rank 0's first, on every rank; they may be of any number."""
    if rank_count() == 1:
        return rows
    parts: list[Any] = [None] * rank_count()
    dist.all_gather_object(parts, rows)
    return np.concatenate(parts)
