"""`python -m worldprobe.world.scene.in_blender CONFINEMENT`: confine this process, then answer requests."""

from __future__ import annotations

import json
import sys

from worldprobe._util.confinement import confine


def main() -> None:
    """Confine first: Blender's threads start when bpy is imported."""
    wanted = json.loads(sys.argv[1])
    confined = confine(wanted["readable"], wanted["writable"], wanted["file_bytes"])
    from worldprobe.world.blender_loop import serve
    from worldprobe.world.scene.in_blender.commands import Conversion

    serve(Conversion(confined).commands())


if __name__ == "__main__":
    main()
