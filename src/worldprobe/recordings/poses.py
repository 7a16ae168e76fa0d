"""Camera poses as six states: position, and yaw, pitch and roll in degrees that do not wrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.transform import Rotation

from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.local_paths import local_names
from worldprobe.recordings.problems import UnusableData, rows_in_words
from worldprobe.recordings.recorded_frames import Frames, ImageFiles

POSE, TIME, IMAGE = "pose", "timestamp", "image"
COMPONENTS = ("x", "y", "z", "yaw", "pitch", "roll")
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""Forward, left and up in the axes of a camera: x right, y down, z forward."""
STEEP = 85.0
"""Degrees of pitch beyond which yaw and roll are nearly one rotation, so that neither says much alone."""


def rotations(path: Path, quaternions: Float[np.ndarray, "rows 4"]) -> Rotation:
    """Return rotations of quaternions (x, y, z, w); raises UnusableData where one is zero or not finite."""
    with np.errstate(all="ignore"):
        norm = np.linalg.norm(quaternions, axis=1)
    bad = np.flatnonzero(~((norm > 1e-6) & (norm < 1e6)))
    if bad.size:
        problem = f"the quaternion is zero, huge or not finite in {rows_in_words(bad)}"
        raise UnusableData(path, "poses", problem, "Leave these rows out where they were recorded.")
    return Rotation.from_quat(quaternions)


def six_states(
    positions: Float[np.ndarray, "rows 3"], turns: Rotation, starts: Int[np.ndarray, " episodes"] | None = None
) -> Float[np.ndarray, "rows 6"]:
    """Return x, y, z, yaw, pitch, roll of poses (body or camera to world), the angles in degrees.

    The rotation is yaw about z, then pitch about the y axis that results, then roll about the x axis that results.
    Yaw and roll run on beyond 180 degrees within an episode instead of jumping.
    """
    angles = turns.as_euler("ZYX")
    for part in np.split(np.arange(len(angles)), [] if starts is None else starts[1:]):
        angles[part] = np.unwrap(angles[part], axis=0)
    return np.concatenate([positions, np.degrees(angles)], axis=1)


def opened_poses(
    path: Path,
    states: Float[np.ndarray, "rows 6"],
    *,
    unit: str = "m",
    times: np.ndarray | None = None,
    folder: Path | None = None,
    images: Mapping[str, Sequence[str]] | None = None,
) -> OpenedArrays:
    """Return poses as the columns of a recording: `pose`, `timestamp`, and images by the names of their files.

    Images are only named, and only looked for in `folder`. Raises UnusableData where a name leads out of it.
    """
    rows = len(states)
    if not rows:
        raise UnusableData(path, "poses", "there are none")
    values = {POSE: states}
    columns = [Column(POSE, rows, (6,), "float64", ColumnKind.NUMBER, COMPONENTS, (unit,) * 3 + ("deg",) * 3)]
    if times is not None:
        values[TIME] = times
        columns.append(Column(TIME, rows, (), str(times.dtype), ColumnKind.NUMBER))
    pictures: dict[str, Callable[[], Frames]] = {}
    for name, files in (images or {}).items():
        pictures[name] = _images(folder or path.parent, files)
        columns.append(Column(name, rows, (), "images in files", ColumnKind.PICTURE))
    found = OpenedArrays(path, columns, values, pictures)
    steep = int((np.abs(states[:, 4]) > STEEP).sum())
    found.words = "yaw, pitch and roll about z, y and x, unwrapped"
    if steep:
        found.words += f"; pitch is within 5 degrees of vertical in {steep:,} rows, where yaw and roll are not separate"
    return found


def _images(folder: Path, files: Sequence[str]) -> Callable[[], Frames]:
    return lambda: ImageFiles(folder, local_names(folder, files))


def whole_numbers(times: Float[np.ndarray, " rows"]) -> np.ndarray:
    """Return times as integers where they are such."""
    return times.astype(np.int64) if (np.abs(times) < 2.0**62).all() else times


def nearest(
    wanted: Float[np.ndarray, " rows"], times: Float[np.ndarray, " poses"], within: float
) -> tuple[Int[np.ndarray, " found"], Int[np.ndarray, " found"]]:
    """Return which of the wanted times have a pose no further than `within` away, and the pose nearest to each."""
    if not len(times):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    order = np.argsort(times, kind="stable")
    after = np.clip(np.searchsorted(times[order], wanted), 1, max(len(times) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    gaps = np.abs(times[order][np.stack([before, after])] - wanted)
    place = np.where(gaps[0] <= gaps[1], before, after)
    rows = np.flatnonzero(gaps.min(axis=0) <= within)
    return rows, order[place[rows]]
