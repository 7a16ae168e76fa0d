"""Locks on files between processes, where the system has them."""

from __future__ import annotations

from typing import IO

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]


AVAILABLE = fcntl is not None
"""Whether the system has such locks."""


def try_lock(handle: IO[str]) -> bool:
    """Hold this open file's lock until it is closed; returns False, at once, where another process holds it.

    Returns True where the system has no such locks.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock(handle: IO[str]) -> bool:
    """Wait until no other process holds this open file's lock, and hold it until the file is closed.

    Returns False, at once, where the system has no such locks: two processes may then do the same work twice, each into
    a file of its own.
    """
    if fcntl is None:
        return False
    fcntl.flock(handle, fcntl.LOCK_EX)
    return True
