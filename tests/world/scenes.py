"""Scenes made for tests, by Blender in a process of its own, and worlds made of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = {"texels": 256, "samples": 2, "poses": 3}


def in_blender(script: str, *arguments: str) -> None:
    """Run Python with an empty Blender."""
    prelude = "import bpy, sys\nbpy.ops.wm.read_factory_settings(use_empty=True)\n"
    subprocess.run([sys.executable, "-c", prelude + script, *arguments], check=True, capture_output=True)


def attic(folder: Path) -> Path:
    """Make the shipped example."""
    path = folder / "attic.blend"
    subprocess.run([sys.executable, EXAMPLES / "make_attic.py", path], check=True, capture_output=True)
    return path
