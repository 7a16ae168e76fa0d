"""How the threads of OpenMP wait for each other; to be settled before torch, scikit-learn or numba is loaded."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Environment variables that say how long a waiting thread keeps its core busy."""


def wait_passively(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let waiting threads sleep instead of spin, unless the user has settled how they wait.

    GNU's OpenMP lets them spin by default. Where other processes need the cores, every one of the many short parallel
    regions of a training step then waits for a thread that was interrupted by a spinning one.
    """
    if not any(name in environment for name in SETTINGS):
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
