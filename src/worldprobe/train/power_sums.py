"""The two loops that SIGReg spends its time in, compiled for CPUs by numba: they keep every number in registers.

Both take z = exp(i angle) as cosines and sines (rows, N), and walk through its powers z^1 .. z^16.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numba
import torch
from torch import Tensor

POWERS = 16


def power_sums(cos: Tensor, sin: Tensor) -> Tensor:
    """Return the sums over samples of z^1 .. z^16, complex (rows, 16)."""
    sums = torch.empty(len(cos), POWERS, 2, dtype=cos.dtype)
    _with_torchs_threads(_power_sums, cos, sin, sums)
    return torch.view_as_complex(sums)


def slopes(cos: Tensor, sin: Tensor, error: Tensor) -> Tensor:
    """Return -Im(sum_k conj(e_k) z^k) for error e (rows, 16): real (rows, N)."""
    found = torch.empty_like(cos)
    _with_torchs_threads(_slopes, cos, sin, torch.view_as_real(error.resolve_conj()).contiguous(), found)
    return found


def _compiled(loop: Callable[..., None]) -> Any:
    """Compile a loop for all threads; what checks the types of calls (as the tests do) stays outside."""
    return numba.njit(inspect.unwrap(loop), parallel=True, fastmath=True, cache=True)


def _with_torchs_threads(loop: Any, *arrays: Tensor) -> None:
    threads = torch.get_num_threads()
    numba.set_num_threads(max(1, min(threads, numba.config.NUMBA_NUM_THREADS)))
    loop(*(array.numpy() for array in arrays))
    if torch.get_num_threads() != threads:  # the first call starts numba's threads, which sets OpenMP's number for all
        torch.set_num_threads(threads)


@_compiled
def _power_sums(cos: Any, sin: Any, sums: Any) -> None:
    rows, samples = cos.shape
    for row in numba.prange(rows):
        c, s = cos[row], sin[row]
        real, imaginary = c.copy(), s.copy()
        for k in range(16):
            x = y = c.dtype.type(0)
            for n in range(samples):
                x += real[n]
                y += imaginary[n]
                turned = real[n] * c[n] - imaginary[n] * s[n]
                imaginary[n] = real[n] * s[n] + imaginary[n] * c[n]
                real[n] = turned
            sums[row, k, 0] = x
            sums[row, k, 1] = y


@_compiled
def _slopes(cos: Any, sin: Any, error: Any, found: Any) -> None:
    rows, samples = cos.shape
    for row in numba.prange(rows):
        e = error[row]
        for n in range(samples):
            c, s = cos[row, n], sin[row, n]
            x, y = e[15, 0], -e[15, 1]
            for k in range(14, -1, -1):  # Horner's rule
                x, y = x * c - y * s + e[k, 0], x * s + y * c - e[k, 1]
            found[row, n] = -(x * s + y * c)
