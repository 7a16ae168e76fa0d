"""What a benchmark ran on, and how its numbers are summed up: shared by every script in this folder."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from worldprobe.errors import MissingDependency
from worldprobe.study.machine import machine, versions

RESULTS = Path(__file__).parent / "results"


def described() -> dict[str, Any]:
    """Return processor, cores, memory, versions, the GL driver where there is one, and how busy the machine was."""
    found = machine(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    return found | {"versions": versions(), "gl": _gl_driver(), "load_average_at_start": round(os.getloadavg()[0], 2)}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, minimum and maximum of repeats, to four significant digits."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def _gl_driver() -> dict[str, str] | None:
    from worldprobe.render.raster import open_context

    try:
        context = open_context()
    except MissingDependency:
        return None
    with context:
        driver = {"renderer": context.info["GL_RENDERER"], "version": context.info["GL_VERSION"]}
    context.release()
    return driver
