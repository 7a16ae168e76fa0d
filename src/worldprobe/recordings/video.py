"""Frames of video files, found by their presentation times and decoded from the nearest key frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int

from worldprobe.recordings.episodes import episode_of
from worldprobe.recordings.pictures import Pictures
from worldprobe.recordings.problems import UnreadableFile, UnusableData, needing
from worldprobe.recordings.recorded_frames import Frames, mixed_sizes

if TYPE_CHECKING:
    from av.container import InputContainer

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi"})
ONLY_THIS_FILE = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi",
}
"""FFmpeg goes by content: a playlist in a file named *.mp4 would let it open others."""
SEEK_THRESHOLD = 8
"""Frames up to which decoding on is cheaper than seeking the next key frame."""

TOLERANCE = 0.25
"""How far a row's time may be from its frame's, in frames: up to this, the nearest frame is unambiguous."""


@dataclass(frozen=True)
class Clip:
    """The part of a video file that shows some neighbouring rows."""

    path: Path
    rows: int
    times: Float[np.ndarray, " rows"] | None = None
    """When each row is shown, in seconds of the file; None where row k is the file's k-th frame."""


@dataclass(frozen=True)
class Timeline:
    """Where a video file's frames are: presentation times in units of the stream's time base, in order."""

    pts: Int[np.ndarray, " frames"]
    keys: Int[np.ndarray, " keys"]
    """Which of the frames can be decoded without others."""
    seconds: float
    """One unit."""
    rate: float
    """Frames a second."""


@dataclass(frozen=True)
class Header:
    """What a video file says of itself before anything is decoded."""

    frames: int
    shape: tuple[int, int, int]
    codec: str


class VideoFrames(Frames):
    """Frames of clips, one after the other."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        """Look into every file's header; raises UnreadableFile, UnusableData for mixed sizes or too few frames."""
        self._clips = clips
        self._starts = np.cumsum([0, *(clip.rows for clip in clips)])
        self._timelines: dict[Path, Timeline] = {}
        self._size: dict[Path, int] = {}
        self.shape = header(clips[0].path).shape
        self._check_headers()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stamp(self) -> str:
        return "\n".join(f"{path.name} {size}" for path, size in self._size.items())

    def _check_headers(self) -> None:
        needed: dict[Path, int] = {}
        for clip in self._clips:
            needed[clip.path] = needed.get(clip.path, 0) + clip.rows
        for path, rows in needed.items():
            said = header(path)
            self._size[path] = path.stat().st_size
            if said.shape != self.shape:
                raise mixed_sizes(path, "frames", said.shape[:2], self.shape)
            if said.frames < rows:
                problem = f"it has {said.frames:,} frames for {rows:,} rows"
                raise UnusableData(path, "frames", problem, "States and frames must be of one length.")

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        holder = episode_of(self._starts, rows)
        for number in np.unique(holder):
            here = np.flatnonzero(holder == number)
            clip = self._clips[number]
            wanted, back = np.unique(self._pts(clip, rows[here] - self._starts[number]), return_inverse=True)
            for place, picture in enumerate(_decode(clip.path, self._timeline(clip.path), wanted, self.shape)):
                found[here[back == place]] = picture
        return found

    def _pts(self, clip: Clip, rows: Int[np.ndarray, " k"]) -> Int[np.ndarray, " k"]:
        """Return the presentation times of a clip's rows, in the file's units."""
        timeline = self._timeline(clip.path)
        if clip.times is None:
            if len(timeline.pts) < clip.rows:
                raise UnreadableFile(clip.path, f"it promises {clip.rows:,} frames and holds {len(timeline.pts):,}")
            return timeline.pts[rows]
        asked = clip.times[rows] / timeline.seconds
        right = np.clip(np.searchsorted(timeline.pts, asked), 1, max(len(timeline.pts) - 1, 1))
        left = timeline.pts[right - 1]
        right_pts = timeline.pts[np.minimum(right, len(timeline.pts) - 1)]
        nearest = np.where(asked - left <= right_pts - asked, left, right_pts)
        off = np.abs(nearest - asked) * timeline.seconds * timeline.rate
        if (off > TOLERANCE).any():
            worst = int(off.argmax())
            problem = (
                f"row {rows[worst]} of the episode is at {clip.times[rows[worst]]:.6f} s, and the nearest frame at "
                f"{nearest[worst] * timeline.seconds:.6f} s, {off[worst]:.2f} frames away"
            )
            raise UnusableData(clip.path, "timestamps", problem, "Video and timestamps do not belong together.")
        return nearest

    def _timeline(self, path: Path) -> Timeline:
        if path not in self._timelines:
            self._timelines[path] = _timeline(path)
        return self._timelines[path]


def header(path: Path) -> Header:
    """Return a video file's frame count, frame shape and codec; raises UnreadableFile where it is not whole."""
    _check_whole(path)
    with _opened(path) as (_, stream):
        frames = stream.frames
        said = Header(frames, (stream.height, stream.width, 3), stream.codec_context.name)
    return said if frames else Header(len(_timeline(path).pts), said.shape, said.codec)


def _timeline(path: Path) -> Timeline:
    """Read where the frames are from the packets' headers, without decoding."""
    pts: list[int] = []
    keys: list[int] = []
    with _opened(path) as (container, stream):
        for packet in container.demux(stream):
            if packet.pts is None or packet.is_discard:
                continue
            pts.append(packet.pts)
            if packet.is_keyframe:
                keys.append(packet.pts)
        if not pts or not keys:
            raise UnreadableFile(path, "it holds no frames")
        rate = float(stream.average_rate or stream.base_rate or 1)
        frames = np.sort(np.array(pts, dtype=np.int64))
        return Timeline(frames, np.searchsorted(frames, np.sort(keys)), float(stream.time_base), rate)


def _decode(
    path: Path, timeline: Timeline, wanted: Int[np.ndarray, " k"], shape: tuple[int, int, int]
) -> Iterator[np.ndarray]:
    """Give the frames at these presentation times, which rise; it seeks over a key frame that lies far enough ahead."""
    with _opened(path) as (container, stream):
        decoding: Iterator[Any] | None = None
        here = 0
        for place in np.searchsorted(timeline.pts, wanted).tolist():
            target = int(timeline.pts[place])
            key = timeline.keys[max(np.searchsorted(timeline.keys, place, side="right") - 1, 0)]
            if decoding is None or key - here > SEEK_THRESHOLD:
                container.seek(int(timeline.pts[key]), stream=stream, backward=True)
                decoding = container.decode(stream)
            frame = next((frame for frame in decoding if frame.pts is not None and frame.pts >= target), None)
            if frame is None or frame.pts != target:
                raise UnreadableFile(path, f"its frame at {target * timeline.seconds:.6f} s does not decode")
            if (frame.height, frame.width) != shape[:2]:
                raise UnusableData(
                    path, f"frame at {target * timeline.seconds:.3f} s", "its size differs from the first's"
                )
            here = place
            yield frame.to_ndarray(format="rgb24")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, Any]]:
    """Open a video's first stream; raises UnreadableFile for whatever the decoder says against it."""
    with needing("av", f"the video {path.name}"):
        import av
    try:
        with av.open(str(path), options=ONLY_THIS_FILE) as container:
            if not container.streams.video:
                raise UnreadableFile(path, "it holds no video")
            if container.streams.video[0].codec_context is None:
                raise UnreadableFile(path, "there is no decoder for its codec")
            yield container, container.streams.video[0]
    except (av.FFmpegError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else said
        raise UnreadableFile(path, reason, "It may be cut short: copy or record it again.") from error


def _check_whole(path: Path) -> None:
    """Walk an MP4's outermost boxes: one that reaches beyond the end of the file means that its tail is missing."""
    if path.suffix.lower() not in (".mp4", ".mov", ".m4v") or not path.is_file():
        return
    size, at = path.stat().st_size, 0
    if not size:
        raise UnreadableFile(path, "it is empty")
    with open(path, "rb") as handle:
        while at < size:
            handle.seek(at)
            box = handle.read(16)
            length = int.from_bytes(box[:4], "big")
            length = int.from_bytes(box[8:16], "big") if length == 1 else length or size - at
            if length < 8 or at + length > size:
                raise UnreadableFile(path, f"it is cut short after {size:,} bytes", "Copy or record it again.")
            at += length
