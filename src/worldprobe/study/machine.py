"""The machine, versions and memory of a study's run, for its results."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from worldprobe._util import cores
from worldprobe._util.memory import total_bytes

try:
    import resource
except ImportError:  # not a POSIX system
    resource = None  # type: ignore[assignment]

PACKAGES = ("worldprobe", "torch", "numpy", "scipy", "scikit-learn", "numba", "moderngl", "bpy")


def machine(device: torch.device) -> dict[str, Any]:
    """Return the processor, cores, memory and accelerator."""
    return {
        "processor": _processor(),
        "cores": cores.available(),
        "memory_gb": round((total_bytes() or 0) / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device_name(device),
    }


def device_name(device: torch.device) -> str:
    """Return "cpu", or the name of the accelerator; "cuda" where it is another machine's."""
    if device.type == "cuda" and not torch.cuda.is_available():
        return "cuda"
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that the numbers depend on; those not installed are absent."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def peak_memory_bytes() -> int:
    """Return the largest resident memory of this process, plus the largest of its finished children.

    0 where the system does not say.
    """
    if resource is None:
        return 0
    scale = 1 if sys.platform == "darwin" else 1024
    usages = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return scale * sum(usages)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
