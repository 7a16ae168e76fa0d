"""The two loops that SIGReg spends its time in, compiled for GPUs by Triton: `power_sums`'s functions on the device.

A row of cosines and sines is read once for each function; the powers stay in registers. Triton reads the loops' source,
so their arguments have no types. Importing the module raises ImportError where Triton is not installed.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

POWERS = 16
_SUMMED_AT_ONCE, _SLOPES_AT_ONCE = 512, 256


def power_sums(cos: Tensor, sin: Tensor) -> Tensor:
    """Return the sums over samples of z^1 .. z^16, complex (rows, 16)."""
    sums = torch.empty(len(cos), POWERS, 2, dtype=cos.dtype, device=cos.device)
    _power_sums[(len(cos),)](cos.contiguous(), sin.contiguous(), sums, cos.shape[1], _SUMMED_AT_ONCE, num_warps=1)
    return torch.view_as_complex(sums)


def slopes(cos: Tensor, sin: Tensor, error: Tensor) -> Tensor:
    """Return -Im(sum_k conj(e_k) z^k) for error e (rows, 16): real (rows, N)."""
    found = torch.empty_like(cos, memory_format=torch.contiguous_format)
    parts = torch.view_as_real(error.resolve_conj()).contiguous()
    grid = (len(cos), triton.cdiv(cos.shape[1], _SLOPES_AT_ONCE))
    _slopes[grid](cos.contiguous(), sin.contiguous(), parts, found, cos.shape[1], _SLOPES_AT_ONCE, num_warps=2)
    return found


@triton.jit
def _power_sums(cos, sin, sums, samples, block: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0).to(tl.int64)
    power = tl.arange(0, 16)
    real = tl.zeros((16,), dtype=cos.dtype.element_ty)
    imaginary = tl.zeros((16,), dtype=cos.dtype.element_ty)
    for start in range(0, samples, block):
        n = start + tl.arange(0, block)
        c = tl.load(cos + row * samples + n, mask=n < samples, other=0.0)
        s = tl.load(sin + row * samples + n, mask=n < samples, other=0.0)
        x, y = c, s
        for k in tl.static_range(16):
            real += tl.where(power == k, tl.sum(x, 0), 0.0)
            imaginary += tl.where(power == k, tl.sum(y, 0), 0.0)
            turned = x * c - y * s
            y = x * s + y * c
            x = turned
    tl.store(sums + row * 32 + 2 * power, real)
    tl.store(sums + row * 32 + 2 * power + 1, imaginary)


@triton.jit
def _slopes(cos, sin, error, found, samples, block: tl.constexpr):  # type: ignore[no-untyped-def]
    row = tl.program_id(0).to(tl.int64)
    n = tl.program_id(1) * block + tl.arange(0, block)
    c = tl.load(cos + row * samples + n, mask=n < samples, other=0.0)
    s = tl.load(sin + row * samples + n, mask=n < samples, other=0.0)
    x = tl.zeros_like(c) + tl.load(error + row * 32 + 30)
    y = tl.zeros_like(c) - tl.load(error + row * 32 + 31)
    for k in tl.static_range(1, 16):  # Horner's rule
        turned = x * c - y * s + tl.load(error + row * 32 + 30 - 2 * k)
        y = x * s + y * c - tl.load(error + row * 32 + 31 - 2 * k)
        x = turned
    tl.store(found + row * samples + n, -(x * s + y * c), mask=n < samples)
