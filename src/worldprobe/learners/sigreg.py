"""SIGReg: how far random one-dimensional projections of an embedding are from N(0, 1) (arXiv 2511.08544, PAPER.md 2).

Written for speed: with z = exp(i step p), the 16 powers z^k at the knots t_k = k step are products of four small powers
(z^1 .. z^4) and four large ones (1, z^4, z^8, z^12). One sine and one cosine per projected sample therefore suffice;
the sums over samples of all 16 products are one small batched matrix product, and so is the gradient.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from worldprobe.learners.ranks import rank_count, sum_over_ranks

KNOTS = 17
"""Knots of the trapezoid, the one at t = 0 included: there both characteristic functions are 1, so it adds nothing."""
T_MAX = 3.0
_SMALL = 4  # KNOTS - 1 = _SMALL * _LARGE
_LARGE = 4
_ROWS = 128  # projections handled at once on a CPU: their powers then stay near the cache


def draw_directions(
    d: int, slices: int, generator: torch.Generator, device: torch.device | str = "cpu"
) -> Float[Tensor, "d slices"]:
    """Draw `slices` independent directions, uniform on the unit sphere of R^d, one per column.

    They are drawn where the generator lives and then moved. Under `torch.distributed` every rank must pass a generator
    in the same state (seed it alike on all ranks), so that all ranks project on the same directions.
    """
    normal = torch.randn(d, slices, generator=generator, device=generator.device)
    return torch.nn.functional.normalize(normal, dim=0).to(device)


def sigreg(
    h: Float[Tensor, "*models N d"], directions: Float[Tensor, "*models_or_none d slices"]
) -> Float[Tensor, "*models"]:
    """Return N times the mean over directions of the Epps-Pulley distance between h's projections and N(0, 1).

        SIGReg(h) = N mean_a sum_j w_j |mean_n exp(i t_j a.h_n) - exp(-t_j^2 / 2)|^2,   t_j = 3 j / 16,  j = 0 .. 16

    with w_j = exp(-t_j^2 / 2) times the trapezoid weights on [0, 3], doubled because the integrand is even
    (arXiv 2511.08544; PAPER.md section 2). Knots, weights and the factor N are those of the authors' public `lejepa`
    (`EppsPulley`, 17 points, t_max 3, mean over slices) and of `lejepa-identifiability` (`SIGReg`).

    Leading dimensions of h are separate models, each with a value of its own; N counts both views of a pair.
    Under an initialised `torch.distributed` the sums run over the samples of all ranks, and N is their total; gradients
    are those that DDP's averaging over ranks turns into the gradient of the whole batch's loss. Differentiable
    in h, once.
    """
    value: Tensor = _SigReg.apply(h, directions)
    return value


class _SigReg(torch.autograd.Function):
    """Value and gradient in one pass: the gradient is ready before the powers leave the cache."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, directions: Tensor) -> Tensor:
        projected = directions.mT @ h.mT
        rows = projected.reshape(-1, projected.shape[-1])
        wants_gradient = ctx.needs_input_grad[0]
        ranks, total = rank_count(), _samples(rows)
        distance = rows.new_empty(rows.shape[0])
        slope = torch.empty_like(rows) if wants_gradient else None
        block = _ROWS if rows.device.type == "cpu" else rows.shape[0]
        scratch = rows.new_empty(min(block, rows.shape[0]), 2 * _SMALL + 2 * _LARGE - 1, rows.shape[1])
        for start in range(0, rows.shape[0], block):
            part = slice(start, start + block)
            small, large = _powers(rows[part], scratch)
            mean_cos, mean_sin = _means(small, large, total)
            distance[part], coefficients = _distance(mean_cos, mean_sin)
            if slope is not None:
                torch.sum((coefficients @ small).mul_(large), dim=1, out=slope[part])
        if slope is not None:
            # N cancels between the factor N and the mean over N; `ranks` undoes DDP's averaging.
            slope = slope.mul_(ranks / directions.shape[-1]).view(projected.shape)
            ctx.save_for_backward(slope.mT @ directions.mT)
        ctx.ranks = ranks
        return distance.view(projected.shape[:-1]).mean(-1) * total

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        # Every rank's value depends on this rank's samples. `gradient` has the factor `ranks` already.
        upstream = sum_over_ranks(upstream) / ctx.ranks
        return gradient * upstream[..., None, None], None


def _samples(rows: Tensor) -> int:
    """Return the number of samples on all ranks."""
    if rank_count() == 1:
        return rows.shape[1]
    return int(sum_over_ranks(torch.tensor([rows.shape[1]], device=rows.device)).item())


def _powers(projected: Tensor, scratch: Tensor) -> tuple[Tensor, Tensor]:
    """Return cos and sin of the small multiples (rows, 8, N), and of the large ones (rows, 7, N; without sin 0)."""
    powers = scratch[: projected.shape[0]]
    small, large = powers[:, : 2 * _SMALL], powers[:, 2 * _SMALL :]
    cos, sin = small[:, :_SMALL].unbind(1), small[:, _SMALL:].unbind(1)
    angle = projected * (T_MAX / (KNOTS - 1))
    torch.cos(angle, out=cos[0])
    torch.sin(angle, out=sin[0])
    for k in range(1, _SMALL):  # z^2 = z z, z^3 = z^2 z, z^4 = z^2 z^2
        a, b = (k + 1) // 2, (k + 1) - (k + 1) // 2
        _multiply(cos[a - 1], sin[a - 1], cos[b - 1], sin[b - 1], cos[k], sin[k])
    large_cos, large_sin = large[:, :_LARGE].unbind(1), large[:, _LARGE:].unbind(1)
    large_cos[0].fill_(1.0)
    large_cos[1].copy_(cos[-1])
    large_sin[0].copy_(sin[-1])
    for q in range(2, _LARGE):
        _multiply(large_cos[q - 1], large_sin[q - 2], cos[-1], sin[-1], large_cos[q], large_sin[q - 1])
    return small, large


def _multiply(cos_a: Tensor, sin_a: Tensor, cos_b: Tensor, sin_b: Tensor, cos: Tensor, sin: Tensor) -> None:
    """Write cos(a + b) and sin(a + b) into `cos` and `sin`."""
    torch.mul(cos_a, cos_b, out=cos).addcmul_(sin_a, sin_b, value=-1.0)
    torch.mul(sin_a, cos_b, out=sin).addcmul_(cos_a, sin_b)


def _means(small: Tensor, large: Tensor, total: int) -> tuple[Tensor, Tensor]:
    """Return the means over all ranks' samples of cos(k angle) and sin(k angle), k = 1 .. 16, each (rows, 16)."""
    products = sum_over_ranks(large @ small.mT) / total
    by_cos = products[:, :_LARGE]
    by_sin = torch.nn.functional.pad(products[:, _LARGE:], (0, 0, 1, 0))
    mean_cos = by_cos[..., :_SMALL] - by_sin[..., _SMALL:]
    mean_sin = by_cos[..., _SMALL:] + by_sin[..., :_SMALL]
    return mean_cos.flatten(1), mean_sin.flatten(1)


def _distance(mean_cos: Tensor, mean_sin: Tensor) -> tuple[Tensor, Tensor]:
    """Return each row's weighted squared distance, and its gradient's coefficients on large x small powers.

    N d distance / d p = sum_k -2 w t (mean_cos - phi) sin(k angle) + 2 w t mean_sin cos(k angle), t = t_k.
    """
    t = torch.arange(1, KNOTS, dtype=mean_cos.dtype, device=mean_cos.device) * (T_MAX / (KNOTS - 1))
    phi = torch.exp(-t.square() / 2)
    weight = phi * (2 * T_MAX / (KNOTS - 1))
    weight[-1] /= 2
    error = mean_cos - phi
    distance = (error.square() + mean_sin.square()) @ weight
    on_sin = (error * (-2 * weight * t)).unflatten(1, (_LARGE, _SMALL))
    on_cos = (mean_sin * (2 * weight * t)).unflatten(1, (_LARGE, _SMALL))
    with_large_cos = torch.cat([on_cos, on_sin], dim=2)
    with_large_sin = torch.cat([on_sin, -on_cos], dim=2)[:, 1:]
    return distance, torch.cat([with_large_cos, with_large_sin], dim=1)
