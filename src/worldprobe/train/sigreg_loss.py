"""SIGReg: how far random one-dimensional projections of an embedding are from N(0, 1) (arXiv 2511.08544).

Written for speed: with z = exp(i step p), the 16 powers z^k at the knots t_k = k step need one sine and one cosine per
projected sample; the rest are products. `power_sums` walks through them in compiled loops on a CPU, and
`power_sums_gpu` on a GPU that Triton compiles for. Elsewhere they are made of four small powers (z^1 .. z^4) and four
large ones (1, z^4, z^8, z^12): the sums over samples of all 16 are one small batched matrix product, and the gradient
is another.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from worldprobe.errors import InvalidValue
from worldprobe.stats.epps_pulley import KNOTS, TRAPEZOID
from worldprobe.train.ranks import rank_count, sum_over_ranks

_STEP = float(KNOTS[1])


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
    (arXiv 2511.08544). Knots, weights and the factor N are those of the authors' public `lejepa`
    (`EppsPulley`, 17 points, t_max 3, mean over slices) and of `lejepa-identifiability` (`SIGReg`).

    Leading dimensions of h are separate models, each with a value of its own; N counts both views of a pair.
    Under an initialised `torch.distributed` the sums run over the samples of all ranks, and N is their total; gradients
    are those that DDP's averaging over ranks turns into the gradient of the whole batch's loss. Differentiable
    in h once; a second derivative raises RuntimeError. An h of 16 bits, or of whole numbers, is computed in float32,
    which is what comes back. Raises InvalidValue where there is no sample, or shapes do not fit.
    """
    _check_shapes(h, directions)
    if not h.shape[-2] and rank_count() == 1:
        raise InvalidValue("samples", 0, "1 or more", "SIGReg compares the distribution of embeddings with N(0, 1).")
    if h.dtype not in (torch.float32, torch.float64):
        h = h.float()
    with torch.autocast(h.device.type, enabled=False):
        value: Tensor = _SigReg.apply(h, directions.to(h.dtype))
    return value


def _check_shapes(h: Tensor, directions: Tensor) -> None:
    fit = min(h.ndim, directions.ndim) >= 2 and h.shape[-1] == directions.shape[-2]
    if not fit or h.is_complex():
        given = f"{tuple(h.shape)} and {tuple(directions.shape)}" if not fit else str(h.dtype)
        raise InvalidValue("embeddings and directions", given, "real numbers, (..., N, d) and (..., d, slices)")


class _SigReg(torch.autograd.Function):
    """Value and gradient in one pass."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, directions: Tensor) -> Tensor:
        angles = (directions * _STEP).mT @ h.mT
        rows = angles.reshape(-1, angles.shape[-1])
        ranks, total = rank_count(), _samples(rows)
        knots, wanted = _Knots.on(rows.device, rows.dtype), ctx.needs_input_grad[0]
        compiled = _loops(rows.device.type) is not None
        distance, slope = (_fused if compiled else _chunked)(rows.cos(), rows.sin(), knots, total, wanted)
        if slope is not None:
            # N cancels between the factor N and the mean over N; `ranks` undoes DDP's averaging.
            slope = slope.mul_(ranks / directions.shape[-1]).view(angles.shape)
            ctx.save_for_backward(h, (directions @ slope).mT)
        ctx.ranks = ranks
        return distance.view(angles.shape[:-1]).mean(-1) * total

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        h, gradient = ctx.saved_tensors
        # Every rank's value depends on this rank's samples. `gradient` has the factor `ranks` already.
        found: Tensor = _FirstDerivative.apply(h, gradient, sum_over_ranks(upstream) / ctx.ranks)
        return found, None


class _FirstDerivative(torch.autograd.Function):
    """The gradient in h, which depends on h: whoever differentiates it again is refused instead of given zero."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, gradient: Tensor, upstream: Tensor) -> Tensor:
        return gradient * upstream[..., None, None]

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> None:
        raise RuntimeError("SIGReg has no second derivative here: take the first one with create_graph=False.")


@dataclass(frozen=True)
class _Knots:
    """What belongs to the knots t_1 .. t_16: exp(-t^2 / 2), the weights w, and 2 w t."""

    gaussian: Tensor
    weight: Tensor
    slope: Tensor

    @staticmethod
    @cache
    def on(device: torch.device, dtype: torch.dtype) -> _Knots:
        # Kept: a copy to a GPU in every step would wait for the step before it.
        # At t = 0 both characteristic functions are 1, so that knot adds nothing.
        t, trapezoid = (torch.tensor(part[1:], dtype=dtype, device=device) for part in (KNOTS, TRAPEZOID))
        gaussian = torch.exp(-t.square() / 2)
        weight = trapezoid * gaussian
        return _Knots(gaussian, weight, 2 * weight * t)


def _fused(cos: Tensor, sin: Tensor, knots: _Knots, total: int, wanted: bool) -> tuple[Tensor, Tensor | None]:
    """Return distances (rows,), and N times their derivatives in the projected samples where they are wanted."""
    powers = _loops(cos.device.type)
    error = sum_over_ranks(powers.power_sums(cos, sin)).div_(total).sub_(knots.gaussian)
    distance = torch.view_as_real(error).square().sum(-1) @ knots.weight
    return distance, powers.slopes(cos, sin, error * knots.slope) if wanted else None


def _chunked(cos: Tensor, sin: Tensor, knots: _Knots, total: int, wanted: bool) -> tuple[Tensor, Tensor | None]:
    """As `_fused`, in torch's own operations."""
    distance, slope = cos.new_empty(len(cos)), torch.empty_like(cos) if wanted else None
    at_once = _rows_at_once(cos, total // rank_count())
    scratch = cos.new_empty(3, min(at_once, len(cos)), 4, cos.shape[1], dtype=cos.dtype.to_complex())
    for start in range(0, len(cos), at_once):
        part = slice(start, start + at_once)
        small, large, cubics = scratch[:, : len(cos[part])]
        torch.complex(cos[part], sin[part], out=small[:, 0])
        _write_powers(small, large)
        error = sum_over_ranks(large @ small.mT).flatten(1).div_(total).sub_(knots.gaussian)
        distance[part] = torch.view_as_real(error).square().sum(-1) @ knots.weight
        if slope is not None:
            _write_slope(error * knots.slope, small, large[:, 1], cubics, slope[part])
    return distance, slope


@cache
def _loops(device: str) -> Any:
    """Return the compiled loops for a kind of device.

    None where there are none: numba is not installed or has no folder to keep them in; Triton is not installed or finds
    no C compiler.
    """
    try:
        if device == "cpu":
            return import_module("worldprobe.train.power_sums")
        if device == "cuda" and any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang")):
            return import_module("worldprobe.train.power_sums_gpu")
    except (ImportError, RuntimeError):
        pass
    return None


def _samples(rows: Tensor) -> int:
    """Return the number of samples on all ranks."""
    if rank_count() == 1:
        return rows.shape[1]
    return int(sum_over_ranks(torch.tensor([rows.shape[1]], device=rows.device)).item())


def _rows_at_once(rows: Tensor, samples: int) -> int:
    """Return how many projections to handle at once; the same on every rank, for `samples` is their mean per rank.

    On a CPU their powers should stay in the cache, and every operation be long enough to share between threads:
    2^17 numbers were fastest on two cores, of 2^14 to 2^18.
    """
    return rows.shape[0] if rows.device.type != "cpu" else max(1, 2**17 // max(1, samples))


def _write_powers(small: Tensor, large: Tensor) -> None:
    """Given z in small[:, 0], write z^2 .. z^4 beside it and z^0, z^4, z^8, z^12 into `large`; each (rows, 4, N)."""
    torch.mul(small[:, 0], small[:, 0], out=small[:, 1])
    torch.mul(small[:, 1], small[:, 0], out=small[:, 2])
    torch.mul(small[:, 1], small[:, 1], out=small[:, 3])
    large[:, 0] = 1.0
    large[:, 1] = small[:, 3]
    torch.mul(small[:, 3], small[:, 3], out=large[:, 2])
    torch.mul(large[:, 2], small[:, 3], out=large[:, 3])


def _write_slope(error: Tensor, small: Tensor, fourth: Tensor, cubics: Tensor, slope: Tensor) -> None:
    """Write N times the distance's derivative in every projected sample, (rows, N).

    With e_k = mean z^k - exp(-t_k^2 / 2), d |e_k|^2 / d p = 2 t_k Im(e_k conj(z^k)) / N = -2 t_k Im(conj(e_k) z^k) / N;
    `error` is e_k 2 w_k t_k. The sum over k is four polynomials in z, joined by Horner's rule in z^4.
    """
    torch.matmul(error.conj().unflatten(1, (4, 4)), small, out=cubics)
    for q in (2, 1, 0):
        cubics[:, q].addcmul_(cubics[:, q + 1], fourth)
    torch.neg(cubics[:, 0].imag, out=slope)
