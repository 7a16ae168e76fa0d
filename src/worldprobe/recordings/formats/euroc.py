"""EuRoC MAV recordings: `mav0/state_groundtruth_estimate0/data.csv`, alone or with images in `mav0/cam0` and `cam1`.

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
HEADER = ("timestamp", "p_rs_r_x", "p_rs_r_y", "p_rs_r_z", "q_rs_w", "q_rs_x", "q_rs_y", "q_rs_z")
"""How the first columns of that file are called, without their units."""
HEADER_BYTES = 1024
"""Bytes of the first line that are looked at."""
WITHIN = 5e6
"""Nanoseconds between an image and its pose; poses are recorded 200 times a second."""


@FORMATS.register("euroc")
class Euroc(Format):
    """Poses of the body in metres; with images, every image with the pose nearest in time."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the file of true poses, or by the names of its columns."""
        return (_mav(path) / TRUTH).is_file() or (path.is_file() and _names_poses(path))

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the poses; raises UnusableData for a line that is none, or where no image has a pose."""
        mav = _mav(path)
        file = path if path.is_file() else mav / TRUTH
        table = table_of(file, ",", 8)
        times = table[:, 0]
        states = six_states(table[:, 1:4], rotations(file, table[:, [5, 6, 7, 4]]))
        folders = [folder for folder in sorted(mav.glob("cam*")) if (folder / "data.csv").is_file()]
        cameras = {folder.name: _images(folder) for folder in folders}
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


def _names_poses(file: Path) -> bool:
    """Return whether a file's first line calls its columns as the file of true poses does."""
    if file.suffix.lower() not in (".csv", ".txt"):
        return False
    with open(file, "rb") as handle:
        first = handle.read(HEADER_BYTES).decode("utf-8-sig", errors="replace").split("\n", 1)[0]
    names = [word.split("[")[0].strip().lower() for word in first.lstrip("#").split(",")]
    return tuple(names[: len(HEADER)]) == HEADER


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
