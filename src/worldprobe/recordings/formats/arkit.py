"""Poses of ARKit: trajectories of ARKitScenes, and captures of Polycam, Record3D and 3D Scanner App.

The layouts: https://github.com/apple/ARKitScenes, DATA.md (`lowres_wide.traj`, world to camera) and
threedod/benchmark_scripts/utils/tenFpsDataLoader.py (images are SCENE_TIME.png); of the captures see `arkit_captures`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from worldprobe.recordings.formats.arkit_captures import Capture, capture_in
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.number_lines import table_of
from worldprobe.recordings.poses import IMAGE, OPTICAL, nearest, opened_poses, six_states
from worldprobe.recordings.problems import UnusableData, rows_in_words
from worldprobe.recordings.recorded_frames import image_names

SUFFIX = ".traj"
WITHIN = 0.005
"""Seconds between an image and its pose: names of images have milliseconds."""
HUGE = 1e12
"""What is no time in seconds, no angle and no place in metres."""
AXES = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Forward, left and up in ARKit's axes of world and camera: x right, y up, z back."""


@FORMATS.register("arkit")
class ArKit(Format):
    """Camera poses in metres, z up: yaw, pitch and roll of what the camera looks along, as of a vehicle."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix of the file, or of the only such file in the folder; or by a capture's files."""
        return _trajectory(path) is not None or capture_in(path) is not None

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the poses; raises UnusableData for one that is none, or where no image has a pose."""
        file = _trajectory(path)
        if file is not None:
            return _scene(path, file)
        read = capture_in(path)
        assert read is not None
        return _captured(path, read())


def _captured(path: Path, capture: Capture) -> OpenedArrays:
    matrices = capture.matrices
    small = (np.abs(matrices) < HUGE).all(axis=(1, 2)) & (np.abs(matrices[:, :, :3]) < 2).all(axis=(1, 2))
    bad = np.flatnonzero(~(np.abs(np.linalg.det(np.where(small[:, None, None], matrices, 0)[:, :, :3]) - 1) < 0.01))
    if bad.size:
        raise UnusableData(path, "poses", f"the pose is no rotation and translation in {rows_in_words(bad)}")
    turns = Rotation.from_matrix(AXES @ matrices[:, :, :3] @ AXES.T)
    states = six_states(matrices[:, :, 3] @ AXES.T, turns)
    images = {IMAGE: capture.images} if capture.images else None
    found = opened_poses(path, states, times=capture.times, folder=capture.folder, images=images)
    found.words = f"a capture of {capture.app}; {found.words}"
    return found


def _scene(path: Path, file: Path) -> OpenedArrays:
    table = table_of(file, None, 7)
    bad = np.flatnonzero(~(np.abs(table) < HUGE).all(axis=1))
    if bad.size:
        raise UnusableData(file, "poses", f"there are numbers that are huge or not finite in {rows_in_words(bad)}")
    to_world = Rotation.from_rotvec(table[:, 1:4]).inv()
    view = to_world * Rotation.from_matrix(OPTICAL.T)
    times, states = table[:, 0], six_states(-to_world.apply(table[:, 4:7]), view)
    folder = file.with_suffix("")
    names = image_names(folder) if folder.is_dir() else []
    matches = [(re.search(r"_(\d+\.\d+)\.\w+$", name), name) for name in names]
    stamped = [(float(match[1]), name) for match, name in matches if match]
    if not stamped:
        return opened_poses(path, states, times=times)
    stamps = np.array([stamp for stamp, _ in stamped])
    rows, poses = nearest(stamps, times, WITHIN)
    if not rows.size:
        raise UnusableData(folder, "images", f"none has a pose within {WITHIN} s", "Are they of this trajectory?")
    order = np.argsort(stamps[rows], kind="stable")
    rows, poses = rows[order], poses[order]
    files = {IMAGE: [stamped[row][1] for row in rows]}
    found = opened_poses(path, states[poses], times=stamps[rows], folder=folder, images=files)
    found.words += f"; {len(rows):,} of {len(names):,} images have a pose within {WITHIN} s"
    return found


def _trajectory(path: Path) -> Path | None:
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    return files[0] if len(files) == 1 and files[0].is_file() and files[0].suffix.lower() == SUFFIX else None
