"""Captures of apps that use ARKit: a camera-to-world pose for every image, in ARKit's axes (x right, y up, z back).

The layouts: https://github.com/nerfstudio-project/nerfstudio, nerfstudio/process_data/polycam_utils.py and
record3d_utils.py; of 3D Scanner App, `frame_00000.json`: `cameraPoseARFrame`, row by row, next to `frame_00000.jpg`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.recordings.formats.json_files import json_of, numbers_of
from worldprobe.recordings.poses import rotations
from worldprobe.recordings.problems import UnusableData
from worldprobe.recordings.recorded_frames import image_names, images_by_stem, natural

POLYCAM = (("corrected_cameras", "corrected_images"), ("cameras", "images"))
"""Folders of poses and images; the corrected ones, where there are any, are bundle adjusted."""
RECORD3D = "metadata.json"
SCANNER = "frame_*.json"


@dataclass(frozen=True)
class Capture:
    """Poses in order, and the images that were taken from them."""

    app: str
    matrices: Float[np.ndarray, "rows 3 4"]
    folder: Path
    images: Sequence[str]
    """Names within the folder; none where there are no images."""
    times: Float[np.ndarray, " rows"] | None = None


def capture_in(path: Path) -> Callable[[], Capture] | None:
    """Return what reads the capture that a folder holds; None where it holds none."""
    if not path.is_dir():
        return None
    root = path / "keyframes" if (path / "keyframes").is_dir() else path
    for poses, images in POLYCAM:
        if any((root / poses).glob("*.json")):
            return lambda: _polycam(root, poses, images)
    if (path / RECORD3D).is_file() and any((path / name).is_dir() for name in ("rgb", "rgbd")):
        return lambda: _record3d(path)
    return (lambda: _scanner(path)) if any(path.glob(SCANNER)) else None


def _polycam(root: Path, poses: str, images: str) -> Capture:
    files = sorted((root / poses).glob("*.json"), key=lambda file: natural(file.name))
    names = [f"t_{row}{column}" for row in range(3) for column in range(4)]
    matrices = [_matrix(file, [_member(json_of(file), name) for name in names]) for file in files]
    kept, listed = _with_images(files, root / images)
    return Capture("Polycam", np.stack(matrices)[kept], root, [f"{images}/{name}" for name in listed])


def _record3d(path: Path) -> Capture:
    held = _member(json_of(path / RECORD3D), "poses")
    poses = numbers_of(held, (len(held), 7)) if isinstance(held, list) and held else None
    if poses is None:
        mend = "Is it the metadata.json of a Record3D capture?"
        raise UnusableData(path / RECORD3D, "poses", "it is no list of seven numbers each", mend)
    turns = rotations(path / RECORD3D, poses[:, :4])
    matrices = np.concatenate([turns.as_matrix(), poses[:, 4:, None]], axis=2)
    folder = "rgb" if (path / "rgb").is_dir() else "rgbd"
    numbered = {int(stem): name for name in image_names(path / folder) if (stem := name.split(".")[0]).isdecimal()}
    kept = [row for row in range(len(poses)) if row in numbered]
    if not kept:
        return Capture("Record3D", matrices, path, [])
    return Capture("Record3D", matrices[kept], path, [f"{folder}/{numbered[row]}" for row in kept])


def _scanner(path: Path) -> Capture:
    files = sorted(path.glob(SCANNER), key=lambda file: natural(file.name))
    kept, listed = _with_images(files, path)
    said = [json_of(files[row]) for row in kept]
    poses = [_matrix(files[row], _member(one, "cameraPoseARFrame")) for row, one in zip(kept, said, strict=True)]
    times = numbers_of([_member(one, "time") for one in said], (len(said),))
    return Capture("3D Scanner App", np.stack(poses), path, listed, times)


def _with_images(files: Sequence[Path], folder: Path) -> tuple[list[int], list[str]]:
    """Return which files have an image of their name, and its name; all files where none has one."""
    stems = images_by_stem(folder)
    kept = [row for row, file in enumerate(files) if file.stem in stems]
    return (kept, [stems[files[row].stem] for row in kept]) if kept else (list(range(len(files))), [])


def _member(held: Any, name: str) -> Any:
    return held.get(name) if isinstance(held, dict) else None


def _matrix(file: Path, held: Any) -> Float[np.ndarray, "3 4"]:
    """Return the upper three rows of a matrix whose 12 or 16 numbers lie row by row."""
    count = len(held) if isinstance(held, list) else 0
    numbers = numbers_of(held, (count,)) if count in (12, 16) else None
    if numbers is None:
        raise UnusableData(file, "pose", "there are no 12 or 16 finite numbers", "Leave the frame out.")
    return numbers.reshape(-1, 4)[:3]
