"""One training on several ranks of `torch.distributed`: each has its part of every batch, all take the same step.

A loss computed from sums over all ranks is the same on every rank. The trainer, like DDP, averages the ranks'
gradients, which gives the whole batch's gradient only if the backward pass sums over ranks too (a plain all-reduce
shrinks it by the number of ranks).
"""

from __future__ import annotations

from collections.abc import Iterable
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


def is_first_rank() -> bool:
    """Whether this process is rank 0, the one that writes files; True where no process group was initialised."""
    return rank_count() == 1 or dist.get_rank() == 0


def own_part(items: int) -> slice:
    """Return which of so many items are this rank's; ranks have equally many, or one more than others."""
    ranks, own = rank_count(), dist.get_rank() if rank_count() > 1 else 0
    return slice(items * own // ranks, items * (own + 1) // ranks)


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace every gradient by its mean over ranks, which is that of the whole batch's loss; one message for all."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if rank_count() == 1 or not gradients:
        return
    together = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(together)
    parts = together.div_(rank_count()).split([gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


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


def gather_over_ranks(rows: Float[Tensor, "*models B d"]) -> Float[Tensor, "*models N d"]:
    """Return the rows of all ranks, rank 0's first, on every rank; ranks may have unequal numbers of them.

    The gradient of a rank's rows is the sum of what all ranks' losses send them.
    """
    if rank_count() == 1:
        return rows
    sizes = torch.zeros(rank_count(), dtype=torch.int64, device=rows.device)
    sizes[dist.get_rank()] = rows.shape[-2]
    dist.all_reduce(sizes)
    gathered: Tensor = _GatherOverRanks.apply(rows, sizes.tolist())
    return gathered


class _GatherOverRanks(torch.autograd.Function):
    """Each rank writes its rows into zeros of the whole size, and the sum is gathered: sizes need not be equal."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, sizes: list[int]) -> Tensor:
        first = sum(sizes[: dist.get_rank()])
        ctx.own = slice(first, first + rows.shape[-2])
        gathered = rows.new_zeros(*rows.shape[:-2], sum(sizes), rows.shape[-1])
        gathered[..., ctx.own, :] = rows
        dist.all_reduce(gathered)
        return gathered

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        total = upstream.clone()
        dist.all_reduce(total)
        return total[..., ctx.own, :], None


def rows_of_all_ranks(rows: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "N d"]:
    """Return the rows of all ranks, rank 0's first, on every rank; they may be of any number."""
    if rank_count() == 1:
        return rows
    parts: list[Any] = [None] * rank_count()
    dist.all_gather_object(parts, rows)
    return np.concatenate(parts)
