"""stable-worldmodel in a folder: one NPZ file a column, and images or videos of every episode in folders of their own.

The layout: https://github.com/galilai-group/stable-worldmodel, stable_worldmodel/data/formats/folder.py and video.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.capacity import check_capacity
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.formats.npz import Npz, OpenedNpz
from worldprobe.recordings.formats.stable_worldmodel import EPISODES, offsets_of
from worldprobe.recordings.problems import UnreadableFile, UnusableData, shortened
from worldprobe.recordings.recorded_frames import Frames, ImageFiles
from worldprobe.recordings.video import Clip, VideoFrames

ARRAY = "arr_0"
IMAGE_ENDS = (".jpeg", ".jpg", ".png")


@FORMATS.register("stable-worldmodel-folder")
class StableWorldmodelFolder(Format):
    """`ep_len.npz`, `ep_offset.npz`, COLUMN.npz, and pixels/ep_0_step_0.jpeg or pixels/ep_0.mp4."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the two files that say where episodes are."""
        return path.is_dir() and all((path / f"{name}.npz").is_file() for name in EPISODES)

    @classmethod
    def open(cls, path: Path) -> OpenedColumnFiles:
        """Read the headers of all arrays; raises UnusableData where the episodes do not cover the rows."""
        files = {file.relative_to(path).with_suffix("").as_posix(): Npz.open(file) for file in path.rglob("*.npz")}
        for name, opened in files.items():
            if [column.name for column in opened.columns] != [ARRAY]:
                raise UnusableData(opened.path, "arrays", f"there is no single array {ARRAY!r}", f"Save {name} alone.")
        lengths, offsets = (_whole(files[name]) for name in EPISODES)
        columns = {name: opened for name, opened in files.items() if name not in EPISODES}
        longest = max((opened.rows for opened in columns.values()), default=int(lengths.sum()))
        return OpenedColumnFiles(path, columns, lengths, offsets_of(path, lengths, offsets, longest))


class OpenedColumnFiles(Opened):
    """One file a column, and one folder of images or videos a camera."""

    starts_in_words = "ep_offset.npz"

    def __init__(
        self, path: Path, files: dict[str, OpenedNpz], lengths: Int[np.ndarray, " n"], starts: Int[np.ndarray, " m"]
    ) -> None:
        self._files, self._lengths = files, lengths
        columns = [replace(opened.column(ARRAY), name=name) for name, opened in files.items()]
        rows = int(lengths.sum())
        cameras = [
            Column(
                entry.name, rows, (), "videos" if any(entry.glob("*.mp4")) else "images in files", ColumnKind.PICTURE
            )
            for entry in sorted(path.iterdir())
            if entry.is_dir() and not any(name.startswith(f"{entry.name}/") for name in files)
        ]
        super().__init__(path, [*columns, *cameras])
        self.starts = starts

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns."""
        return {name: _values(self._files[name]) for name in names}

    def frames(self, name: str) -> Frames:
        """Return an array of pictures, or the images or videos of a folder; raises UnreadableFile for one missing."""
        if name in self._files:
            return self._files[name].frames(ARRAY)
        counted = [(episode, rows) for episode, rows in enumerate(self._lengths.tolist()) if rows]
        folder = self.path / name
        if self.column(name).type == "videos":
            videos = [Clip(folder / f"ep_{episode}.mp4", rows) for episode, rows in counted]
            lacking = [clip.path.name for clip in videos if not clip.path.is_file()]
            if lacking:
                raise UnreadableFile(folder, f"there is no {shortened(lacking)}")
            return VideoFrames(videos)
        ends = [end for end in IMAGE_ENDS if any(folder.glob(f"ep_*_step_0{end}"))]
        if not ends:
            raise UnreadableFile(folder, "there is no ep_0_step_0.jpeg")
        return ImageFiles(
            folder, [f"ep_{episode}_step_{row}{ends[0]}" for episode, rows in counted for row in range(rows)]
        )


def _values(opened: OpenedNpz) -> np.ndarray:
    return opened.read([ARRAY])[ARRAY]


def _whole(opened: OpenedNpz) -> np.ndarray:
    """Return an array of whole numbers; raises UnusableData for another, NotEnoughRoom for one too large."""
    column = opened.column(ARRAY)
    if column.kind is not ColumnKind.NUMBER or column.shape or np.dtype(column.type).kind not in "iu":
        raise UnusableData(opened.path, ARRAY, f"it holds {column.type} of shape {column.shape} a row, not numbers")
    check_capacity(str(opened.path), 8 * column.rows)
    return _values(opened).astype(np.int64)
