"""Poses of ARKit as ARKitScenes and as the apps Polycam, Record3D and 3D Scanner App write them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

VIEW = np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Forward, left and up in ARKit's axes: x right, y up, z back."""

Poses = tuple[np.ndarray, np.ndarray]
"""Positions (rows, 3) and yaw, pitch, roll of the view in degrees (rows, 3), z up."""


def write_scene(folder: Path, poses: Poses, frames: np.ndarray | None = None) -> Path:
    """Write world-to-camera rotation vectors and translations, the camera's z forward and y down."""
    positions, angles = poses
    camera = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])  # its axes in forward, left, up: columns
    to_world = Rotation.from_euler("ZYX", angles, degrees=True).as_matrix() @ camera.T
    to_camera = Rotation.from_matrix(to_world).inv()
    lines = np.column_stack([6845 + np.arange(len(positions)) / 10, to_camera.as_rotvec(), -to_camera.apply(positions)])
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "lowres_wide.traj", lines, fmt="%.9f")
    if frames is not None:
        (folder / "lowres_wide").mkdir()
        for stamp, frame in zip(lines[:, 0], frames, strict=True):
            Image.fromarray(frame).save(folder / "lowres_wide" / f"41069021_{stamp:.3f}.png")
    return folder


def to_arkit(poses: Poses) -> np.ndarray:
    """Return camera-to-world matrices (rows, 3, 4) in ARKit's axes."""
    positions, angles = poses
    turns = VIEW.T @ Rotation.from_euler("ZYX", angles, degrees=True).as_matrix() @ VIEW
    return np.concatenate([turns, (positions @ VIEW)[:, :, None]], axis=2)


def write_polycam(folder: Path, poses: Poses, frames: np.ndarray | None = None) -> Path:
    for place, matrix in enumerate(to_arkit(poses)):
        said = {f"t_{row}{column}": matrix[row, column] for row in range(3) for column in range(4)}
        write_json(folder / "keyframes" / "corrected_cameras" / f"{9_000 + 500 * place}.json", {"fx": 700, **said})
        if frames is not None:
            write_image(folder / "keyframes" / "corrected_images" / f"{9_000 + 500 * place}.jpg", frames[place])
    return folder


def write_record3d(folder: Path, poses: Poses, frames: np.ndarray | None = None) -> Path:
    matrices = to_arkit(poses)
    rows = np.concatenate([Rotation.from_matrix(matrices[:, :, :3]).as_quat(), matrices[:, :, 3]], axis=1)
    write_json(folder / "metadata.json", {"w": 24, "h": 16, "K": [700] * 9, "fps": 60, "poses": rows.tolist()})
    (folder / "rgb").mkdir()
    for place in range(0 if frames is None else len(frames)):
        write_image(folder / "rgb" / f"{place}.jpg", frames[place])
    return folder


def write_scanner(folder: Path, poses: Poses, frames: np.ndarray | None = None) -> Path:
    for place, matrix in enumerate(to_arkit(poses)):
        whole = np.concatenate([matrix, [[0, 0, 0, 1]]]).ravel().tolist()
        said = {"cameraPoseARFrame": whole, "intrinsics": [700] * 9, "time": place / 10, "frame_index": place}
        write_json(folder / f"frame_{place:05}.json", said)
        if frames is not None:
            write_image(folder / f"frame_{place:05}.jpg", frames[place])
    return folder


def write_json(path: Path, said: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said))


def write_image(path: Path, frame: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(frame).save(path, quality=95)


CAPTURES: dict[str, Callable[[Path, Poses, np.ndarray | None], Path]] = {
    "Polycam": write_polycam,
    "Record3D": write_record3d,
    "3D Scanner App": write_scanner,
}
