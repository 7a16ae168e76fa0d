"""Videos in a Lance table, one an episode, that belong to a table of numbers: they are copied out to be decoded.

The layout: https://github.com/galilai-group/stable-worldmodel, stable_worldmodel/data/formats/lance_video.py
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from worldprobe.errors import NotEnoughRoom
from worldprobe.recordings.formats.lance_process import LanceTable
from worldprobe.recordings.pictures import Pictures
from worldprobe.recordings.problems import UnusableData
from worldprobe.recordings.recorded_frames import Frames
from worldprobe.recordings.video import Clip, VideoFrames

KEYS = ("episode_idx", "video_key")
BLOB = "video_bytes"


def video_keys(table: LanceTable) -> list[str]:
    """Return the names of the cameras."""
    return sorted(set(_keys(table)[1]))


def _keys(table: LanceTable) -> tuple[list[Any], list[Any]]:
    found = table.read(KEYS)
    return found.column(0).to_pylist(), [str(name) for name in found.column(1).to_pylist()]


class LanceVideos(Frames):
    """The videos of a camera, copied out of their table into a temporary folder that goes when they do."""

    def __init__(self, table: LanceTable, name: str, episodes: Int[np.ndarray, " rows"]) -> None:
        """Copy the videos of the episodes; raises UnusableData where one is missing, NotEnoughRoom."""
        edges = np.flatnonzero(np.append(True, episodes[1:] != episodes[:-1]))
        counts = np.diff(np.append(edges, len(episodes))).tolist()
        rows = {number: row for row, (number, key) in enumerate(zip(*_keys(table), strict=True)) if key == name}
        size = sum(file.stat().st_size for file in table.path.rglob("*") if file.is_file())
        if size > shutil.disk_usage(tempfile.gettempdir()).free:
            raise NotEnoughRoom(
                f"The videos of {table.path} need {size / 1e9:.2f} GB in {tempfile.gettempdir()} to be read. "
                "Free some space, or set TMPDIR to another disk."
            )
        folder = tempfile.mkdtemp(prefix="worldprobe-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        clips: list[Clip] = []
        for number, count in zip(episodes[edges].tolist(), counts, strict=True):
            if number not in rows:
                raise UnusableData(table.path, f"videos of {name!r}", f"there is none of episode {number}")
            file = Path(folder) / f"{len(clips)}.mp4"
            table.write(BLOB, rows[number], file)
            clips.append(Clip(file, count))
        self._frames, self._stamp = VideoFrames(clips), f"{name} {table.stamp()}"
        self.shape = self._frames.shape

    def __len__(self) -> int:
        return len(self._frames)

    def stamp(self) -> str:
        return self._stamp

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        return self._frames.read(rows)
