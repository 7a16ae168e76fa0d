"""Memory that stays with the process between steps, instead of being asked for anew in each."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's mallopt(3)
_LARGEST = 1 << 30


def keep_freed_memory() -> None:
    """Have glibc keep what is freed, for the next step asks for the same sizes; elsewhere do nothing.

    By default every array of more than 32 MiB, and most of those above 128 KiB, come from the system page by page and
    go back when they are freed: an eighth of the time of a stack's step went there.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, _LARGEST)
