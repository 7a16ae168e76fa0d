"""EuRoC MAV recordings: `mav0/state_groundtruth_estimate0/data.csv`, and images in `mav0/cam0` and `cam1`.

The layout: https://projects.asl.ethz.ch/datasets/doku.php?id=kmavvisualinertialdatasets
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.number_lines import lines_of, table_of
from worldprobe.recordings.poses import nearest, opened_poses, rotations, six_states, whole_numbers
from worldprobe.recordings.problems import UnusableData

TRUTH = "state_groundtruth_estimate0/data.csv"
WITHIN = 5e6
"""Nanoseconds between an image and its pose; poses are recorded 200 times a second."""


@FORMATS.register("euroc")
class Euroc(Format):
    """Poses of the body in metres; with images, every image with the pose nearest in time."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the file of true poses."""
        return (_mav(path) / TRUTH).is_file()

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the poses; raises UnusableData for a line that is none, or where no image has a pose."""
        mav = _mav(path)
        file = mav / TRUTH
        table = table_of(file, ",", 8)
        times = table[:, 0]
        states = six_states(table[:, 1:4], rotations(file, table[:, [5, 6, 7, 4]]))
        cameras = {
            folder.name: _images(folder) for folder in sorted(mav.glob("cam*")) if (folder / "data.csv").is_file()
        }
        if not cameras:
            return opened_poses(path, states, times=times)
        stamps = np.array(sorted(set.intersection(*(set(images) for images in cameras.values()))), dtype=np.float64)
        rows, poses = nearest(stamps, times, WITHIN)
        if not rows.size:
            raise UnusableData(path, "images", "none has a pose within 5 ms", "Are the clocks the same?")
        files = {
            name: [f"{name}/data/{images[stamp]}" for stamp in stamps[rows].tolist()]
            for name, images in cameras.items()
        }
        found = opened_poses(path, states[poses], times=whole_numbers(stamps[rows]), folder=mav, images=files)
        found.words += f"; {len(rows):,} of {len(stamps):,} images have a pose within 5 ms"
        return found


def _mav(path: Path) -> Path:
    return path / "mav0" if (path / "mav0").is_dir() else path


def _images(folder: Path) -> dict[float, str]:
    """Return the files of a camera by their times."""
    found = {}
    for number, line in lines_of(folder / "data.csv"):
        stamp, _, name = (word.strip() for word in line.partition(","))
        if not (stamp.isascii() and stamp.isdigit()) or not name:
            raise UnusableData(folder / "data.csv", f"line {number}", f"a time and a file belong here: {line[:80]!r}")
        found[float(stamp)] = name
    return found
