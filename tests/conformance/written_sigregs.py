"""SIGReg losses in the conventions of the public codes, and the same with one mistake each; none is anybody's code."""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

from worldprobe.train.ranks import rank_count, sum_over_ranks

T = torch.linspace(0, 3, 17)
GAUSSIAN = torch.exp(-T.square() / 2)


def directions(d: int, seed: int | None = None, slices: int = 32) -> Tensor:
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    drawn = torch.randn(d, slices, generator=generator)
    return drawn / drawn.norm(dim=0)


def distance(cos: Tensor, sin: Tensor, t: Tensor = T) -> Tensor:
    gaussian = torch.exp(-t.square() / 2)
    return 2 * torch.trapezoid(((cos - gaussian).square() + sin.square()) * gaussian, t, dim=-1)


def statistic(h: Tensor, seed: int | None = None) -> Tensor:
    """Of (..., N, d): N times the mean over directions and leading axes, in one process."""
    angle = (h @ directions(h.shape[-1], seed))[..., None] * T
    return h.shape[-2] * distance(angle.cos().mean(-3), angle.sin().mean(-3)).mean()


def alignment(h: Tensor) -> Tensor:
    return (h.mean(0) - h).square().mean()


# Correct, after the public conventions


def per_view_over_ranks(h: Tensor) -> Tensor:
    """As lejepa: per view, directions by a seed of its own, means over ranks."""
    angle = (h @ directions(h.shape[-1], seed=3))[..., None] * T
    cos, sin = (sum_over_ranks(part.mean(-3)) / rank_count() for part in (angle.cos(), angle.sin()))
    return h.shape[-2] * rank_count() * distance(cos, sin).mean()


class BroadcastDirections(torch.nn.Module):
    """As lightly: per view, directions of rank 0, sums over ranks, a convex total."""

    def __init__(self, lambda_param: float = 0.05) -> None:
        super().__init__()
        self.lambda_param = lambda_param

    def forward(self, h: Tensor) -> Tensor:
        drawn = directions(h.shape[-1])
        if rank_count() > 1:
            dist.broadcast(drawn, src=0)
        angle = (h @ drawn)[..., None] * T
        n = h.shape[-2] * rank_count()
        cos, sin = (sum_over_ranks(part.sum(-3)) / n for part in (angle.cos(), angle.sin()))
        return self.lambda_param * n * distance(cos, sin).mean() + (1 - self.lambda_param) * alignment(h)


def flattened_convex(h: Tensor, lamb: float) -> Tensor:
    """As lejepa-identifiability, in one process."""
    return lamb * statistic(h.flatten(0, 1)) + (1 - lamb) * alignment(h)


def over_time_added(h: Tensor, lambd: float = 0.09) -> Tensor:
    """As lewm: per time step, in one process, the mean squared difference of two steps."""
    return (h[0] - h[1]).square().mean() + lambd * statistic(h)


# One mistake each


def per_replica(h: Tensor) -> Tensor:
    """Sums that are thrown away: every rank has the statistic of its own samples."""
    angle = (h @ directions(h.shape[-1], seed=3))[..., None] * T
    cos, sin = angle.cos().mean(-3), angle.sin().mean(-3)
    sum_over_ranks(cos), sum_over_ranks(sin)
    return h.shape[-2] * rank_count() * distance(cos, sin).mean()


def all_reduce_without_gradient(h: Tensor) -> Tensor:
    angle = (h @ directions(h.shape[-1], seed=3))[..., None] * T
    sums = [angle.cos().sum(-3), angle.sin().sum(-3)]
    n = h.shape[-2] * rank_count()
    if rank_count() > 1:
        for part in sums:
            dist.all_reduce(part.data)
    return n * distance(sums[0] / n, sums[1] / n).mean()


def flattened_added(h: Tensor, lamb: float = 0.02) -> Tensor:
    """inv + l reg, where lejepa-identifiability has (1 - l) inv + l reg."""
    return lamb * statistic(h.flatten(0, 1)) + alignment(h)


def per_view_convex(h: Tensor, lamb: float = 0.02) -> Tensor:
    """Per view, where lejepa-identifiability flattens."""
    return lamb * statistic(h) + (1 - lamb) * alignment(h)


# Others


def mean_of_samples(h: Tensor) -> Tensor:
    return statistic(h) / h.shape[-2]


def summed_over_directions(h: Tensor) -> Tensor:
    return 32 * statistic(h)


def nine_knots_to_two(h: Tensor) -> Tensor:
    t = torch.linspace(0, 2, 9)
    angle = (h @ directions(h.shape[-1]))[..., None] * t
    return h.shape[-2] * distance(angle.cos().mean(-3), angle.sin().mean(-3), t).mean()


def not_unit(h: Tensor) -> Tensor:
    angle = (h @ torch.randn(h.shape[-1], 32))[..., None] * T
    return h.shape[-2] * distance(angle.cos().mean(-3), angle.sin().mean(-3)).mean()


def half_detached(h: Tensor) -> Tensor:
    angle = (h @ directions(h.shape[-1]))[..., None] * T
    return h.shape[-2] * distance(angle.cos().mean(-3).detach(), angle.sin().mean(-3)).mean()


def first_axis(h: Tensor) -> Tensor:
    views, samples, d = h.shape
    return statistic(h.transpose(0, 1).reshape(samples, views, d))


def fixed_total(h: Tensor) -> Tensor:
    return flattened_convex(h, 0.05)


def other_arguments(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).square().mean()


def not_a_number(h: Tensor) -> Tensor:
    return statistic(h) / h.std() * 0 + float("nan")


def a_vector(h: Tensor) -> Tensor:
    return h.square().mean(-1)


def on_cuda(h: Tensor) -> Tensor:
    return statistic(h) * torch.ones((), device="cuda")


def whitened(h: Tensor) -> Tensor:
    return statistic((h - h.mean(-2, keepdim=True)) / h.std(-2, keepdim=True))


def deadlock(h: Tensor) -> Tensor:
    if rank_count() > 1 and dist.get_rank() == 0:
        raise RuntimeError("rank 0 cannot")
    return statistic(h)


NOT_A_LOSS = 3


def rows_only(h: Tensor) -> Tensor:
    """Of (N, d); given views, it takes them for samples."""
    angle = (h @ directions(h.shape[-1]))[..., None] * T
    return h.shape[0] * distance(angle.cos().mean(0), angle.sin().mean(0)).mean()


def _over_ranks(h: Tensor, drawn: Tensor) -> Tensor:
    angle = (h @ drawn)[..., None] * T
    cos, sin = (sum_over_ranks(part.mean(-3)) / rank_count() for part in (angle.cos(), angle.sin()))
    return h.shape[-2] * rank_count() * distance(cos, sin).mean()


def directions_of_the_rank(h: Tensor) -> Tensor:
    return _over_ranks(h, directions(h.shape[-1], seed=dist.get_rank() if rank_count() > 1 else 0))


def directions_of_the_global_seed(h: Tensor) -> Tensor:
    return _over_ranks(h, directions(h.shape[-1]))


def over_ranks_one_too_many(h: Tensor) -> Tensor:
    """The sum over ranks is divided by one rank too many."""
    angle = (h @ directions(h.shape[-1], seed=3))[..., None] * T
    wrong = rank_count() if rank_count() == 1 else rank_count() + 1
    cos, sin = (sum_over_ranks(part.mean(-3)) / wrong for part in (angle.cos(), angle.sin()))
    return h.shape[-2] * rank_count() * distance(cos, sin).mean()


def averaged_in_place(h: Tensor) -> Tensor:
    """As eb_jepa: means over ranks in place, without the factor N."""
    angle = (h @ directions(h.shape[-1], seed=3))[..., None] * T
    means = [part.mean(-3) for part in (angle.cos(), angle.sin())]
    if rank_count() > 1:
        for mean in means:
            dist.all_reduce(mean, op=dist.ReduceOp.AVG)
    return distance(*means).mean()


def one_value(h: Tensor) -> Tensor:
    return 1.0 + 0.0 * h.sum()


def without_gradient(h: Tensor) -> Tensor:
    return per_replica(h).detach()


def a_float_of_the_sum(h: Tensor) -> float:
    """Zero for symmetric samples, by which growth with their number cannot be divided."""
    return float(h.detach().sum())
