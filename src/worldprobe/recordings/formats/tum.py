"""TUM trajectories: `timestamp tx ty tz qx qy qz qw` a line, alone or in a folder with the camera's images.

The layout: https://cvg.cit.tum.de/data/datasets/rgbd-dataset/file_formats
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.number_lines import head_of, lines_of, table_of
from worldprobe.recordings.poses import IMAGE, nearest, opened_poses, rotations, six_states
from worldprobe.recordings.problems import UnusableData

WITHIN = 0.02
"""Seconds between an image and its pose, the default of TUM's own tools."""


HEADERS = ("timestamp", "time", "stamp")
"""What a line that names the columns begins with."""


def is_trajectory(path: Path) -> bool:
    """Return whether the first line of a text file is a time, a position and a quaternion of length 1."""
    if path.suffix.lower() not in (".txt", ".tum"):
        return False
    words = [line.split() for line in head_of(path, 2)]
    words = words[1:] if words and _is_header(words[0]) else words
    try:
        numbers = [float(word) for word in words[0]] if words else []
    except ValueError:
        return False
    return len(numbers) == 8 and abs(float(np.linalg.norm(numbers[4:])) - 1) < 0.01


def _is_header(words: list[str]) -> bool:
    """Return whether a line names the columns, as `timestamp tx ty tz qx qy qz qw` without a "#" before it."""
    return len(words) == 8 and words[0].lower() in HEADERS


@FORMATS.register("tum")
class Tum(Format):
    """A trajectory in metres; in a folder, every image of `rgb.txt` with the pose nearest in time."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the first line of the file, or of the folder's `groundtruth.txt`."""
        file = path / "groundtruth.txt" if path.is_dir() else path
        return file.is_file() and is_trajectory(file)

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the trajectory; raises UnusableData for a line that is none, or where no image has a pose."""
        file = path / "groundtruth.txt" if path.is_dir() else path
        table = table_of(file, None, 8, header=_is_header(head_of(file)[0].split()))
        times, states = table[:, 0], six_states(table[:, 1:4], rotations(file, table[:, 4:8]))
        listed = path / "rgb.txt"
        if not path.is_dir() or not listed.is_file():
            return opened_poses(path, states, times=times)
        stamps: list[float] = []
        names: list[str] = []
        for number, line in lines_of(listed):
            stamp, _, name = line.strip().partition(" ")
            if stamp.lower() in HEADERS and not names:
                continue
            if not name or not (stamp.isascii() and stamp.replace(".", "", 1).isdigit()):
                raise UnusableData(listed, f"line {number}", f"a time and a file belong here, not {line[:80]!r}")
            stamps.append(float(stamp))
            names.append(name.strip())
        rows, poses = nearest(np.array(stamps), times, WITHIN)
        if not rows.size:
            raise UnusableData(path, "images", f"none has a pose within {WITHIN} s", "Are the clocks the same?")
        files = {IMAGE: [names[row] for row in rows]}
        found = opened_poses(path, states[poses], times=np.array(stamps)[rows], folder=path, images=files)
        found.words += f"; {len(rows):,} of {len(names):,} images have a pose within {WITHIN} s"
        return found
