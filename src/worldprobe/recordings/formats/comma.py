"""comma2k19: arrays of poses and signals in folders, a minute of driving in each; comma's own logs are refused.

The layout: https://github.com/commaai/comma2k19, README.md; the frames of orientation and position are those of its
utils/coordinates.py and notebooks/processed_readers.ipynb (the quaternion turns the camera's axes into ECEF).
"""

from __future__ import annotations

import tokenize
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.episode_folders import episode_folders
from worldprobe.recordings.episodes import starts_of_lengths
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.poses import COMPONENTS, POSE, TIME, nearest, rotations, six_states
from worldprobe.recordings.problems import UnknownLayout, UnusableData, reading, shortened
from worldprobe.recordings.video import Clip, VideoFrames

POSES, SIGNALS, VIDEO = "global_pose", "processed_log", "video.mp4"
LOGS = ("rlog", "qlog", "raw_log", "fcamera", "dcamera", "ecamera", "qcamera")
"""What the names of openpilot's own files begin with."""
WITHIN = 0.5
"""Seconds between a frame and its signals; most are recorded a hundred times a second."""
WIDEST = 16
MAJOR, FLATTENING = 6378137.0, 1 / 298.257223563
"""The earth's ellipsoid, WGS 84, in metres."""
BROKEN = (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError, MemoryError, tokenize.TokenError)
"""What numpy raises for a damaged array."""


@FORMATS.register("comma2k19")
class Comma(Format):
    """A segment, or a folder of segments: each is an episode; camera poses, and the signals nearest in time.

    Positions are metres north, east and down of the first one; the camera looks along x.
    """

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the folder of poses, in the path or in the folders in it; openpilot's own logs are recognised, too."""
        return bool(_segments(path)) or bool(_logs(path))

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Read all arrays; raises UnreadableFile for a damaged one, UnknownLayout for a log of openpilot alone."""
        segments = _segments(path)
        if not segments:
            mend = "openpilot's tools/lib/logreader.py reads them: save numbers from it with numpy.savez."
            raise UnknownLayout(f"{path} holds logs of openpilot ({_logs(path)[0]}), which are not read. {mend}")
        times, parts = [], []
        for segment in segments:
            here = [_array(segment / POSES / f"frame_{name}") for name in ("times", "positions", "orientations")]
            _check(segment / POSES, here)
            times.append(here[0].reshape(-1))
            parts.append((here[1], here[2]))
        counts = [len(part) for part in times]
        starts = starts_of_lengths(counts)
        positions, quaternions = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
        local = Rotation.from_matrix(north_east_down(positions[0]).T)
        turns = local * rotations(path, quaternions[:, [1, 2, 3, 0]])
        states = six_states(local.apply(positions - positions[0]), turns, starts)
        values, left = _signals(segments, times)
        values |= {POSE: states, TIME: np.concatenate(times)}
        columns = [Column(POSE, len(states), (6,), "float64", ColumnKind.NUMBER, COMPONENTS, ("m",) * 3 + ("deg",) * 3)]
        columns += [
            Column(name, len(states), array.shape[1:], "float64", ColumnKind.NUMBER)
            for name, array in values.items()
            if name != POSE
        ]
        videos = [segment / VIDEO for segment in segments]
        filmed = all(video.is_file() for video in videos)
        columns += [Column(VIDEO, len(states), (), "videos", ColumnKind.PICTURE)] if filmed else []
        clips = [Clip(video, count) for video, count in zip(videos, counts, strict=True)]
        found = OpenedArrays(path, columns, values, {VIDEO: lambda: VideoFrames(clips)})
        found.starts, found.starts_in_words = starts, "every segment is an episode: the folder"
        found.words = "north, east and down of the first position" + (f"; left out: {shortened(left)}" if left else "")
        if not filmed:
            found.words += "; video.hevc has no index: `ffmpeg -i video.hevc -c copy video.mp4` makes frames of it"
        return found


def north_east_down(position: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the directions north, east and down at a position in ECEF, as columns."""
    x, y, z = position
    squared = FLATTENING * (2 - FLATTENING)
    minor, distance = MAJOR * (1 - FLATTENING), np.hypot(x, y)
    reduced = np.arctan2(z * MAJOR, distance * minor)  # Bowring's formula: within 1e-11 near the ground
    above = z + squared / (1 - squared) * minor * np.sin(reduced) ** 3
    latitude = np.arctan2(above, distance - squared * MAJOR * np.cos(reduced) ** 3)
    longitude = np.arctan2(y, x)
    (s, c), (sl, cl) = (np.sin(latitude), np.cos(latitude)), (np.sin(longitude), np.cos(longitude))
    return np.array([[-s * cl, -sl, -c * cl], [-s * sl, cl, -c * sl], [c, 0.0, -s]])


def _check(folder: Path, held: Sequence[np.ndarray]) -> None:
    """Raise UnusableData where the arrays of poses are not of one length, shaped as poses, and finite."""
    times, positions, quaternions = held
    rows = len(times)
    if not rows or times.size != rows or positions.shape != (rows, 3) or quaternions.shape != (rows, 4):
        said = f"their shapes are {times.shape}, {positions.shape} and {quaternions.shape}"
        raise UnusableData(folder, "frame_times, _positions, _orientations", said, "Each needs a row for every frame.")
    if not all(np.isfinite(array).all() for array in held) or not np.abs(positions).max() < 1e9:
        raise UnusableData(folder, "poses", "there are numbers that are huge or not finite", "Copy the segment again.")


def _signals(segments: Sequence[Path], times: Sequence[np.ndarray]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the signals that every segment has at every frame, nearest in time, and the names of the others."""
    names = sorted({file.parent.relative_to(segments[0] / SIGNALS).as_posix() for file in _stamps(segments[0])})
    found: dict[str, np.ndarray] = {}
    left = []
    for name in names:
        parts = [_signal(segment / SIGNALS / name, at) for segment, at in zip(segments, times, strict=True)]
        whole = [part for part in parts if part is not None]
        if len(whole) < len(parts) or len({part.shape[1:] for part in whole}) != 1:
            left.append(name)
        else:
            found[name] = np.concatenate(whole)
    return found, left


def _signal(folder: Path, frames: Float[np.ndarray, " rows"]) -> np.ndarray | None:
    """Return a signal at the times of frames; None where it has not one finite value, or vector, at each."""
    if not (folder / "t").is_file() or not (folder / "value").is_file():
        return None
    times, values = _array(folder / "t"), _array(folder / "value")
    if times.ndim != 1 or len(times) < 2 or len(values) != len(times) or not (np.diff(times) > 0).all():
        return None
    if values.ndim > 2 or values.size > WIDEST * len(values) or not np.isfinite(values).all():
        return None
    rows, places = nearest(frames, times, WITHIN)
    values = values.reshape(len(values), -1)
    return (values[places, 0] if values.shape[1] == 1 else values[places]) if len(rows) == len(frames) else None


def _array(file: Path) -> np.ndarray:
    """Return an array as numbers; raises UnreadableFile where it is none."""
    with reading(file, *BROKEN):
        held = np.load(file, mmap_mode="r", allow_pickle=False)
        if not isinstance(held, np.ndarray) or held.dtype.kind not in "fiu" or not held.ndim:
            raise ValueError("it is no array of numbers")
        return np.array(held, dtype=np.float64)


def _stamps(segment: Path) -> list[Path]:
    return [file for file in (segment / SIGNALS).glob("*/*/t") if file.is_file()]


def _segments(path: Path) -> list[Path]:
    """Return the folders with poses."""
    return episode_folders(path, _posed)


def _posed(segment: Path) -> bool:
    return all((segment / POSES / f"frame_{name}").is_file() for name in ("times", "positions", "orientations"))


def _logs(path: Path) -> list[str]:
    """Return the names of openpilot's own files: the path, or those in it."""
    names = [path.name] if path.is_file() else [entry.name for entry in path.iterdir() if entry.is_file()]
    return sorted(
        name for name in names if name.split(".")[0] in LOGS and name.endswith((".bz2", ".zst", ".hevc", "log"))
    )
