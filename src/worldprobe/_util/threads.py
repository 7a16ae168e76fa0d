"""How the threads of OpenMP wait for each other; to be settled before torch, scikit-learn or numba is loaded."""

from __future__ import annotations

import os
from contextlib import contextmanager

TYPE_CHECKING = False  # type checkers take it as true; `import worldprobe` loads this module and needs no `typing`
if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Environment variables that say how long a waiting thread keeps its core busy."""


def wait_passively(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let waiting threads sleep instead of spin, unless the user has settled how they wait.

    GNU's OpenMP lets them spin by default. Where other processes need the cores, every one of the many short parallel
    regions of a training step then waits for a thread that was interrupted by a spinning one.
    """
    if not any(name in environment for name in SETTINGS):
        environment["OMP_WAIT_POLICY"] = "PASSIVE"


@contextmanager
def torchs_threads(threads: int | None) -> Iterator[None]:
    """Let torch compute with so many threads while the context is open; None leaves their number as it is.

    Of the networks here one thread trains at 88 % of the speed of two (6-dimensional patchify, 256 pairs of 32 x 32
    pixels), at two thirds of its own speed beside two busy processes on two cores, where two threads are left with a
    tenth, and sums in the same order everywhere (benchmarks/busy_neighbour.py).
    """
    import torch

    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
