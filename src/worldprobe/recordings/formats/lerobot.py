"""LeRobot datasets, v2.0, v2.1 and v3.0: Parquet and MP4 files that `meta/` leads to, read without LeRobot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.episodes import starts_of_lengths
from worldprobe.recordings.formats.arrow import ParquetPictures, parquet_numpy
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.formats.lerobot_index import IN_PART, Index, Info, index_of, read_info
from worldprobe.recordings.pictures import layout_of, rgb_shape
from worldprobe.recordings.problems import UnreadableFile, UnusableData
from worldprobe.recordings.recorded_frames import Frames
from worldprobe.recordings.video import Clip, VideoFrames

EPISODE, TIMESTAMP = "episode_index", "timestamp"


@FORMATS.register("lerobot")
class LeRobot(Format):
    """A folder with `meta/info.json`; columns are its features, depth left out of the frames."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by `meta/info.json`."""
        return (path / "meta" / "info.json").is_file()

    @classmethod
    def open(cls, path: Path) -> OpenedLeRobot:
        """Read what is in `meta/`; raises as `read_info` and `index_of` do."""
        info = read_info(path)
        return OpenedLeRobot(info, index_of(info))


class OpenedLeRobot(Opened):
    """The features of a dataset, episode after episode."""

    starts_in_words = "meta/"

    def __init__(self, info: Info, index: Index) -> None:
        self._index = index
        rows = int(index.lengths.sum())
        super().__init__(info.root, [_column(name, feature, rows) for name, feature in info.features.items()])
        self.starts = starts_of_lengths(index.lengths)
        self.words = f"{info.version}, {info.fps:g} frames a second"

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns; raises UnreadableFile for a missing file, UnusableData where its rows are not those
        of the episodes that it should hold."""
        files, counts = self._files()
        found = parquet_numpy(files, list(dict.fromkeys([*names, EPISODE])), counts)
        expected = np.repeat(self._index.numbers, self._index.lengths)
        other = np.flatnonzero(found[EPISODE] != expected)
        if other.size:
            row = int(other[0])
            path = files[int(np.searchsorted(np.cumsum(counts), row, side="right"))]
            problem = f"row {row:,} of the dataset is of episode {found[EPISODE][row]}, meta/ says {expected[row]}"
            raise UnusableData(path, EPISODE, problem, IN_PART)
        return {name: self._shaped(files[0], name, found[name]) for name in names}

    def frames(self, name: str) -> Frames:
        """Return the frames of a camera: images in the Parquet files, or videos, at every row's timestamp."""
        if self.column(name).type == "image":
            return ParquetPictures(self._files()[0], name, self.column(name).shape)
        spans = self._index.videos(name)
        for path in {span.path for span in spans}:
            if not path.is_file():
                raise UnreadableFile(path, "there is no such file", IN_PART)
        ends = np.cumsum(self._index.lengths)
        times = np.split(self.read([TIMESTAMP])[TIMESTAMP].astype(np.float64), ends[:-1])
        return VideoFrames(
            [Clip(span.path, len(rows), span.seconds + rows) for span, rows in zip(spans, times, strict=True)]
        )

    def _files(self) -> tuple[list[Path], list[int]]:
        files, counts = self._index.files()
        for path in files:
            if not path.is_file():
                raise UnreadableFile(path, "there is no such file", IN_PART)
        return files, counts

    def _shaped(self, path: Path, name: str, values: np.ndarray) -> np.ndarray:
        """Return values in their feature's shape: a vector of one number is a number."""
        column = self.column(name)
        if column.kind is ColumnKind.NUMBER and values.dtype.kind not in "iufb":
            raise UnusableData(path, f"column {name!r}", "its values are not the numbers that meta/info.json promises")
        width = int(np.prod(values.shape[1:]))
        if width != column.width:
            problem = f"its rows hold {width} numbers, meta/info.json says {column.width}"
            raise UnusableData(path, f"column {name!r}", problem)
        return values.reshape(len(values), *column.shape)


def _column(name: str, feature: dict[str, Any], rows: int) -> Column:
    """Return a feature as a column; a shape of (1,) is one number."""
    kind, shape = str(feature.get("dtype")), tuple(feature.get("shape") or ())
    if kind in ("image", "video"):
        if _is_depth(feature) or len(shape) != 3 or layout_of(shape) is None or 3 not in (shape[0], shape[-1]):
            return Column(name, rows, shape, f"{kind} of depth", ColumnKind.OTHER)
        return Column(name, rows, rgb_shape(shape), kind, ColumnKind.PICTURE)
    shape = () if shape == (1,) else shape
    try:
        known = kind_of(np.dtype(kind), shape)
    except TypeError:
        return Column(name, rows, shape, kind, ColumnKind.TEXT if kind == "string" else ColumnKind.OTHER)
    return Column(name, rows, shape, kind, known if len(shape) < 2 else ColumnKind.OTHER, _components(feature, shape))


def _is_depth(feature: dict[str, Any]) -> bool:
    """Return whether a camera measures distance, as any version of LeRobot says it."""
    said = {**(feature.get("video_info") or {}), **(feature.get("info") or {})}
    return bool(said.get("is_depth_map") or said.get("video.is_depth_map"))


def _components(feature: dict[str, Any], shape: tuple[int, ...]) -> tuple[str, ...] | None:
    """Return the names of a vector's components, in any nesting: {"motors": {"left": ["waist", ...], ...}}."""
    words = tuple(_leaves(feature.get("names")))
    if len(set(words)) < len(words):
        words = tuple(_leaves(feature.get("names"), full=True))
    return words if words and shape == (len(words),) and len(set(words)) == len(words) else None


def _leaves(names: Any, above: str = "", full: bool = False) -> Iterator[str]:
    """Give the names at the ends of nested lists and headings; with `full`, their headings too ("left.waist").

    A heading whose value is no list or heading is a name itself: {"x": 0, "y": 1}.
    """
    if isinstance(names, dict):
        for heading, inside in names.items():
            if isinstance(inside, dict | list | tuple):
                yield from _leaves(inside, f"{above}{heading}.", full)
            else:
                yield f"{above}{heading}" if full else str(heading)
    elif isinstance(names, list | tuple):
        for name in names:
            if isinstance(name, dict | list | tuple):
                yield from _leaves(name, above, full)
            else:
                yield f"{above}{name}" if full else str(name)
