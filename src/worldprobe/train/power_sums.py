"""The two loops that SIGReg spends its time in, compiled for CPUs by numba: they keep every number in registers.

Both take z = exp(i angle) as cosines and sines (rows, N), and walk through its powers z^1 .. z^16. Rows are shared out
among as many threads as torch has. numba's own threads (`parallel=True`) are not used: code that was just compiled for
them adds in another order than the same code from the cache, so that a study's first run would differ from all others.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba
import torch
from torch import Tensor

POWERS = 16


def power_sums(cos: Tensor, sin: Tensor) -> Tensor:
    """Return the sums over samples of z^1 .. z^16, complex (rows, 16)."""
    sums = torch.empty(len(cos), POWERS, 2, dtype=cos.dtype)
    _in_torchs_threads(_power_sums, cos, sin, sums)
    return torch.view_as_complex(sums)


def slopes(cos: Tensor, sin: Tensor, error: Tensor) -> Tensor:
    """Return -Im(sum_k conj(e_k) z^k) for error e (rows, 16): real (rows, N)."""
    found = torch.empty_like(cos)
    _in_torchs_threads(_slopes, cos, sin, torch.view_as_real(error.resolve_conj()).contiguous(), found)
    return found


def _compiled(loop: Callable[..., None]) -> Any:
    """Compile a loop that lets other threads run; what checks the types of calls (as the tests do) stays outside."""
    return numba.njit(inspect.unwrap(loop), fastmath=True, cache=True, nogil=True)


def _in_torchs_threads(loop: Any, *arrays: Tensor) -> None:
    """Call a loop on all rows, an equal share for every thread."""
    threads = max(1, min(torch.get_num_threads(), len(arrays[0])))
    if threads == 1:
        loop(*(array.numpy() for array in arrays))
        return
    shares = zip(*(array.tensor_split(threads) for array in arrays), strict=True)
    list(_pool(threads).map(lambda share: loop(*(array.numpy() for array in share)), shares))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "sigreg")


if hasattr(os, "register_at_fork"):  # a forked process has the pool, and none of its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


@_compiled
def _power_sums(cos: Any, sin: Any, sums: Any) -> None:
    rows, samples = cos.shape
    for row in range(rows):
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
    for row in range(rows):
        e = error[row]
        for n in range(samples):
            c, s = cos[row, n], sin[row, n]
            x, y = e[15, 0], -e[15, 1]
            for k in range(14, -1, -1):  # Horner's rule
                x, y = x * c - y * s + e[k, 0], x * s + y * c - e[k, 1]
            found[row, n] = -(x * s + y * c)
