"""How many processor cores this process may use."""

from __future__ import annotations

import os


def available() -> int:
    """Return the number of cores: of this process's affinity where the system has one, else of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
