"""What a file promises is held against the memory that is there before anything is unpacked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from worldprobe._util import memory
from worldprobe.errors import NotEnoughRoom

ROW_BYTES = 8
"""Bytes that every row of a recording takes at least: a number."""
NAME_BYTES = 200
"""Memory that each number of a row takes for its name and unit."""


def size_of(shape: Iterable[int], itemsize: int) -> int:
    """Return how many bytes an array takes."""
    return math.prod(int(size) for size in shape) * itemsize


def check_file(path: Path) -> None:
    """Raise NotEnoughRoom for a file that is parsed as a whole and does not fit in memory, as a sparse one may not."""
    check_capacity(str(path), path.stat().st_size)


def check_capacity(what: str, size: int) -> None:
    """Raise NotEnoughRoom where `size` bytes are more than the memory that is not in use."""
    available = memory.available_bytes()
    if available is not None and size > available:
        raise NotEnoughRoom(
            f"{what}: {size / 1e9:,.1f} GB would have to be held, {available / 1e9:,.1f} GB of memory are free. "
            "Record in smaller files, or choose fewer columns."
        )
