"""NeRF and Blender sets: `transforms.json`, a camera-to-world matrix and an image for every frame.

The layout: https://docs.nerf.studio/quickstart/data_conventions.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.json_files import json_of
from worldprobe.recordings.poses import IMAGE, opened_poses, six_states
from worldprobe.recordings.problems import UnusableData, rows_in_words
from worldprobe.recordings.recorded_frames import is_image

NAMES = ("transforms.json", "transforms_train.json")


@FORMATS.register("nerf")
class Nerf(Format):
    """Poses of the camera (x right, y up, looking along -z), in the order of the file and the units of the scene."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the name: a file `transforms*.json`, or a folder that holds one."""
        file = _file(path)
        return file is not None and file.name.startswith("transforms") and file.suffix == ".json"

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the file; raises UnreadableFile where it is no JSON, UnusableData for a frame without a pose."""
        file = _file(path)
        assert file is not None
        said = json_of(file)
        listed = said.get("frames") if isinstance(said, dict) else None
        if not isinstance(listed, list) or not listed:
            raise UnusableData(file, "frames", "there is no list of them", "Is it a transforms.json of a NeRF set?")
        matrices = np.stack([_matrix(file, row, frame) for row, frame in enumerate(listed)])
        with np.errstate(all="ignore"):  # what is not finite then is found in the next line
            turns = matrices[:, :3, :3] / np.linalg.norm(matrices[:, :3, :3], axis=1, keepdims=True)
            bad = np.flatnonzero(~(np.abs(np.linalg.det(turns) - 1) < 0.01))
        if bad.size:
            problem = f"transform_matrix is no rotation and translation in {rows_in_words(bad)}"
            raise UnusableData(file, "frames", problem, "Its upper left 3 x 3 block must be a rotation.")
        states = six_states(matrices[:, :3, 3], Rotation.from_matrix(turns))
        names = [str(frame.get("file_path") or "") for frame in listed]
        images = {IMAGE: [name if is_image(name) else f"{name}.png" for name in names]} if all(names) else None
        return opened_poses(path, states, unit="scene unit", folder=file.parent, images=images)


def _file(path: Path) -> Path | None:
    if path.is_file():
        return path
    return next((path / name for name in NAMES if (path / name).is_file()), None)


def _matrix(file: Path, row: int, frame: Any) -> np.ndarray:
    given = frame.get("transform_matrix") if isinstance(frame, dict) else None
    try:
        matrix = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        matrix = np.empty(0)
    if matrix.shape not in ((4, 4), (3, 4)) or not np.isfinite(matrix).all():
        raise UnusableData(file, f"frame {row}", "transform_matrix is not 4 x 4 finite numbers", "Drop the frame.")
    return matrix[:3]
