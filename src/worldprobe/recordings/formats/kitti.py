"""KITTI odometry: 12 numbers a line, the upper three rows of the camera's pose, and perhaps `times.txt` next to it.

The layout: https://www.cvlibs.net/datasets/kitti/eval_odometry.php, its development kit's readme
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.number_lines import head_of, table_of
from worldprobe.recordings.poses import OPTICAL, opened_poses, six_states
from worldprobe.recordings.problems import UnusableData, rows_in_words

TIMES = "times.txt"
OFF = 0.01
"""How far R R^T may be from the identity."""


@FORMATS.register("kitti")
class Kitti(Format):
    """A trajectory of the left camera in metres, turned to x forward, y left, z up."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the first lines: 12 numbers, of which nine are a rotation."""
        if not path.is_file() or path.suffix.lower() not in (".txt", ".kitti"):
            return False
        lines = [line.split() for line in head_of(path, 2)]
        if not lines or any(len(words) != 12 for words in lines):
            return False
        try:
            rows = np.array(lines, dtype=np.float64)
        except ValueError:
            return False
        return bool(_are_rotations(rows).all())

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the trajectory; raises UnusableData for a line that is no pose, or for another number of times."""
        table = table_of(path, None, 12)
        bad = np.flatnonzero(~_are_rotations(table))
        if bad.size:
            problem = f"there is no rotation in {rows_in_words(bad)}"
            raise UnusableData(path, "poses", problem, "Leave these rows out where they were recorded.")
        matrices = table.reshape(-1, 3, 4)
        turns = Rotation.from_matrix(OPTICAL @ matrices[:, :, :3] @ OPTICAL.T)
        found = opened_poses(path, six_states(matrices[:, :, 3] @ OPTICAL.T, turns), times=_times(path, len(table)))
        found.words = f"x forward, y left, z up; {found.words}"
        return found


def _are_rotations(rows: np.ndarray) -> np.ndarray:
    turns = rows.reshape(-1, 3, 4)[:, :, :3]
    with np.errstate(all="ignore"):
        square = np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2)) < OFF
        return square & (np.abs(np.linalg.det(turns) - 1) < OFF)


def _times(path: Path, rows: int) -> np.ndarray | None:
    file = path.with_name(TIMES)
    if not file.is_file() or file == path:
        return None
    times = table_of(file, None, 1)[:, 0]
    if len(times) != rows:
        mend = "Give every pose a time, or move the file away."
        raise UnusableData(file, "times", f"there are {len(times):,}, and {rows:,} poses in {path.name}", mend)
    return times
