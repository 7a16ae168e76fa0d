"""How much memory this process may use."""

from __future__ import annotations

import os
from pathlib import Path

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where version 2 and version 1 of Linux's control groups (what containers are limited by) state their limit."""


def total_bytes() -> int | None:
    """Return the machine's memory, or its container's or this process's limit (`ulimit -d`, `-v`) where that is less.

    None where the system does not say.
    """
    found = [limit for path in CGROUP_LIMITS if (limit := _limit(path)) is not None]
    if resource is not None:
        limits = (resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_DATA, resource.RLIMIT_AS))
        found += [limit for limit in limits if limit != resource.RLIM_INFINITY]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=None)


def available_bytes() -> int | None:
    """Return how much of the memory is not in use; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return total_bytes()
    free = [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return min([*free, *filter(None, [total_bytes()])], default=None)


def _limit(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdigit() else None
