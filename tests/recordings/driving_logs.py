"""Driving logs as their own tools lay them out: CARLA's measurements next to images, and segments of comma2k19."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from recordings.rlds_folders import jpeg
from recordings.videos import write_video
from recordings.walks import Walk


def write_carla(path: Path, w: Walk, packed: bool = False, more: bool = False) -> Path:
    """Write a route for every episode, as the autopilot of transfuser does; its successors pack the measurements."""
    row = 0
    for number, length in enumerate(w.lengths):
        route = path / f"Town01_route{number}"
        for folder in ("measurements", "rgb", "depth"):
            (route / folder).mkdir(parents=True)
        for frame in range(length):
            said = json.dumps(measurement(w, row, more), indent=4)
            if packed:
                (route / "measurements" / f"{frame:04}.json.gz").write_bytes(gzip.compress(said.encode()))
            else:
                (route / "measurements" / f"{frame:04}.json").write_text(said)
            (route / "rgb" / f"{frame:04}.jpg").write_bytes(jpeg(w.frames[row]))
            if frame % 2:
                Image.fromarray(w.frames[row]).save(route / "depth" / f"{frame:04}.png")
            row += 1
    return path


def measurement(w: Walk, row: int, more: bool) -> dict[str, Any]:
    x, y, theta = w.states[row].astype(float).tolist()
    steer, throttle = w.actions[row].astype(float).tolist()
    said = {"x": x, "y": y, "theta": theta, "speed": float(row), "steer": steer, "throttle": throttle}
    said |= {"brake": bool(row % 2), "waypoints": [[x, y, theta]] * 2, "weather": "ClearNoon"}
    if more:
        said |= {"target_speed": 4.0, "command": 4, "junction": False, "ego_matrix": np.eye(4).tolist()}
        said |= {"light_hazard": 1.0} if row % 3 else {}
    return said


def write_comma(path: Path, w: Walk, signals: bool = False, video: bool = False) -> Path:
    """Write a segment for every episode: the car drives on the ground of San Jose, and the camera looks ahead."""
    origin, axes = san_jose()
    for number, (states, frames) in enumerate(zip(w.parts(w.states), w.parts(w.frames), strict=True)):
        segment = path / "b0c9d2329ad1606b|2018-08-02--08-34-47" / str(number)
        times = 46408.5 + 100 * number + np.arange(len(states)) / 20
        turns = Rotation.from_matrix(axes) * Rotation.from_euler("Z", 10 * states[:, :1], degrees=True)
        save(segment / "global_pose" / "frame_times", times)
        save(segment / "global_pose" / "frame_positions", origin + states @ axes.T)
        save(segment / "global_pose" / "frame_orientations", turns.as_quat()[:, [3, 0, 1, 2]])
        if signals:
            stamps = times[0] - 0.1 + np.arange(10 * len(states)) / 100
            save(segment / "processed_log" / "CAN" / "speed" / "t", stamps)
            save(segment / "processed_log" / "CAN" / "speed" / "value", stamps[:, None] * 2)
            save(segment / "processed_log" / "CAN" / "radar" / "t", np.repeat(stamps[::2], 2))
            save(segment / "processed_log" / "CAN" / "radar" / "value", np.full((len(stamps), 7), np.nan))
        if video:
            write_video(segment / "video.mp4", frames, fps=20)
    return path / "b0c9d2329ad1606b|2018-08-02--08-34-47"


def san_jose() -> tuple[np.ndarray, np.ndarray]:
    """Return a place on the ellipsoid WGS 84 in ECEF, and the directions north, east and down there as columns."""
    latitude, longitude, squared = np.radians(37.7), np.radians(-122.5), 6.69437999014e-3
    (s, c), (sl, cl) = (np.sin(latitude), np.cos(latitude)), (np.sin(longitude), np.cos(longitude))
    radius = 6378137.0 / np.sqrt(1 - squared * s**2)
    axes = np.array([[-s * cl, -sl, -c * cl], [-s * sl, cl, -c * sl], [c, 0.0, -s]])
    return np.array([radius * c * cl, radius * c * sl, radius * (1 - squared) * s]), axes


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:  # without a suffix
        np.save(file, array)
