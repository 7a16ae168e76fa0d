"""Frames in the folder of a table: folders of images, a video, or a video for every table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from worldprobe.errors import MissingDependency
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.problems import UnreadableFile, UnusableData
from worldprobe.recordings.recorded_frames import Frames, ImageFiles, image_names
from worldprobe.recordings.video import VIDEO_SUFFIXES, Clip, VideoFrames, header


class Beside:
    """What could be the frames of tables in one folder, by name: "camera/", "camera.mp4", "*.mp4", "./"."""

    def __init__(self, files: Sequence[Path], counts: Sequence[int]) -> None:
        self._files, self._counts, self._folder = files, counts, files[0].parent
        self._sources: dict[str, list[Path]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._sources

    def names(self) -> list[str]:
        """Return the names of everything in the tables' folder."""
        return [entry.name for entry in self._folder.iterdir() if entry not in self._files]

    def found(self) -> list[Column]:
        """Return the image folders and videos; videos that are named as the tables are count as one."""
        columns, taken = [], set(self._files)
        for suffix in sorted(VIDEO_SUFFIXES):
            twins = [file.with_suffix(suffix) for file in self._files]
            if len(twins) > 1 and all(twin.exists() for twin in twins):
                taken.update(twins)
                columns.append(self._videos(f"*{suffix}", twins))
        for entry in sorted(self._folder.iterdir()):
            if entry not in taken and (column := self._column(entry.name + "/" * entry.is_dir(), entry)):
                columns.append(column)
        if column := self._column("./", self._folder):
            columns.append(column)
        return columns

    def named(self, name: str) -> Column | None:
        """Return what a caller names, relative to the tables or not; None where it is neither images nor a video."""
        source = self._folder / name
        if source.is_dir() and not image_names(source):
            raise UnusableData(source, "frames", "the folder holds no images", "Frames are PNG or JPEG files.")
        return self._column(name, source) if source.exists() else None

    def frames(self, name: str) -> Frames:
        """Return the frames of a name that was found or named; raises UnusableData for a video unlike its table."""
        sources = self._sources[name]
        if sources[0].is_dir():
            return ImageFiles(sources[0], image_names(sources[0]))
        clips = [Clip(path, header(path).frames) for path in sources]
        if len(clips) > 1:
            for clip, table, rows in zip(clips, self._files, self._counts, strict=True):
                if clip.rows != rows:
                    problem = f"it has {clip.rows:,} frames, {table.name} {rows:,} rows"
                    raise UnusableData(clip.path, "frames", problem, "There must be one frame a row.")
        return VideoFrames(clips)

    def _column(self, name: str, source: Path) -> Column | None:
        if source.suffix.lower() in VIDEO_SUFFIXES and source.is_file():
            return self._videos(name, [source])
        names = image_names(source) if source.is_dir() else []
        if not names:
            return None
        self._sources[name] = [source]
        try:
            shape = ImageFiles(source, names[:1]).shape
        except UnreadableFile:  # raised again where these frames are wanted
            shape = (0, 0, 3)
        return Column(name, len(names), shape, f"images, {names[0]} .. {names[-1]}", ColumnKind.PICTURE)

    def _videos(self, name: str, files: list[Path]) -> Column:
        self._sources[name] = files
        try:
            headers = [header(path) for path in files]
        except (UnreadableFile, MissingDependency):  # raised again where these frames are wanted
            return Column(name, sum(self._counts), (0, 0, 3), "video that cannot be read", ColumnKind.PICTURE)
        said = f"{len(files):,} videos" if len(files) > 1 else f"video, {headers[0].codec}"
        return Column(name, sum(one.frames for one in headers), headers[0].shape, said, ColumnKind.PICTURE)
