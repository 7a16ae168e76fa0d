"""The Blender process of a conversion: confined to the scene's folder, with an empty home and limits of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from worldprobe.world.blender_child import BlenderChild, ChildLimits
from worldprobe.world.scene.conversion_options import ConversionOptions

LARGEST_FILE = 4 << 30
KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "OMP_NUM_THREADS", "SYSTEMROOT", "VIRTUAL_ENV")
"""What the child gets of the environment; no token or password of the user's is among it."""


class SceneChild(BlenderChild):
    """A confined Blender child for one scene's file."""

    def __init__(self, source: Path, options: ConversionOptions) -> None:
        readable = [str(source.resolve().parent), *(str(folder.resolve()) for folder in options.assets)]
        wanted = {
            "readable": [*readable, str(Path(sys.modules["worldprobe"].__path__[0]).parent)],
            "writable": ["{folder}"],
            "file_bytes": LARGEST_FILE,
        }
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        limits = ChildLimits(60 * options.minutes, int(options.memory_gib * 2**30))
        super().__init__("worldprobe.world.scene.in_blender", [json.dumps(wanted)], limits, kept)
