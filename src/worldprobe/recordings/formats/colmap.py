"""COLMAP text models: `images.txt`, with a world-to-camera pose and the name of an image on every second line.

The layout: https://colmap.github.io/format.html
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.number_lines import floats, lines_of
from worldprobe.recordings.poses import IMAGE, opened_poses, rotations, six_states
from worldprobe.recordings.problems import UnusableData
from worldprobe.recordings.recorded_frames import natural

FOLDERS = ("", "sparse/0", "sparse")


@FORMATS.register("colmap")
class Colmap(Format):
    """Poses of the camera (x right, y down, looking along z) by the images' names, in the scene's own unit."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by `images.txt` and `cameras.txt`, in the folder or its `sparse/0`."""
        return _model(path) is not None

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the images; raises UnusableData for a line that is no pose."""
        model = _model(path)
        assert model is not None
        file = model / "images.txt"
        lines = [(number, line) for number, line in lines_of(file, comments=True) if not line.startswith("#")]
        found = []
        for number, line in lines[::2]:
            words = line.split(maxsplit=9)
            if not words:
                continue
            if len(words) < 10:
                raise UnusableData(file, f"line {number}", f"an image and its pose belong here: {line[:80]!r}")
            found.append((words[9], floats(file, number, words[1:8], 7)))
        found.sort(key=lambda entry: natural(entry[0]))
        table = np.array([numbers for _, numbers in found]).reshape(-1, 7)
        turns = rotations(file, table[:, [1, 2, 3, 0]]).inv() if len(table) else None
        if turns is None:
            raise UnusableData(file, "images", "there are none")
        states = six_states(-turns.apply(table[:, 4:7]), turns)
        names = [name for name, _ in found]
        root = _root(path)
        images = {IMAGE: [f"images/{name}" for name in names]} if root else None
        opened = opened_poses(path, states, unit="scene unit", folder=root, images=images)
        opened.words += "; in the order of the images' names"
        return opened


def _root(path: Path) -> Path | None:
    """Return the data set's folder: the one that holds `sparse`, where the model itself was named."""
    absolute = path.absolute()
    above = next((at.parent for at in (absolute, *absolute.parents[:1]) if at.name == "sparse"), path)
    return above if (above / "images").is_dir() else None


def _model(path: Path) -> Path | None:
    folders = [path / name for name in FOLDERS] if path.is_dir() else []
    return next((at for at in folders if (at / "images.txt").is_file() and (at / "cameras.txt").is_file()), None)
