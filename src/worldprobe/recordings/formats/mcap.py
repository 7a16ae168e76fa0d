"""MCAP logs of ROS 2: messages of many topics, put in step with the images, or with the rarest topic.

The layout: https://mcap.dev/spec, and https://mcap.dev/spec/registry for its profile ros2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from jaxtyping import Int

from worldprobe.errors import WorldprobeError
from worldprobe.recordings.capacity import check_capacity, check_file
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.encoded_frames import EncodedFrames
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.poses import TIME, nearest
from worldprobe.recordings.problems import UnreadableFile, UnusableData, needing, shortened
from worldprobe.recordings.recorded_frames import Frames

LEFT_OUT = {"header", "stamp", "covariance", "layout"}
"""Fields that say nothing of the state."""
RAW = {"rgb8": "RGB", "bgr8": "BGR", "mono8": "L", "rgba8": "RGBA", "bgra8": "BGRA"}
"""Encodings of raw images, by what they are called in ROS and in Pillow."""
DEEPEST = 8
WIDEST = 200
"""Characters of what is said against a log."""


@dataclass
class Topic:
    """What was recorded of a topic: when, and by field the numbers."""

    name: str
    times: list[int] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    pictures: bool = False

    def note(self, time: int, message: Any) -> None:
        """Add a message; the first says which fields there are."""
        self.times.append(time)
        if self.pictures:
            return
        found = dict(_numbers(message, ""))
        if not self.parts:
            self.parts = {key: names for key, (_, names) in found.items()}
            self.values = {key: [] for key in found}
        for key in self.parts:
            self.values[key].append(found[key][0] if key in found else None)


@FORMATS.register("mcap")
class Mcap(Format):
    """ROS 2 messages: a row for every image, or message of the rarest topic, with the others nearest in time."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix: a file, or a bag's folder with one."""
        return len(_files(path)) == 1

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Decode all messages but images; raises UnusableData where there are none of numbers."""
        file = _files(path)[0]
        check_file(file)
        topics = _topics(file)
        kept = {key: topic for key, topic in topics.items() if topic.times and (topic.pictures or topic.parts)}
        if not any(topic.parts for topic in kept.values()):
            listed = shortened(sorted(topics)) or "none"
            raise UnusableData(file, "topics", f"none is of numbers; there are {listed}", "Record the robot's state.")
        clock = min(kept.values(), key=lambda topic: (not topic.pictures, len(topic.times)))
        times = np.array(clock.times, dtype=np.int64)
        columns = [Column(TIME, len(times), (), "int64", ColumnKind.NUMBER)]
        values: dict[str, np.ndarray] = {TIME: times}
        pictures: dict[str, Callable[[], Frames]] = {}
        furthest = 0.0
        for topic in kept.values():
            own = np.array(topic.times, dtype=np.int64)
            _, rows = nearest((times - times[0]).astype(np.float64), (own - times[0]).astype(np.float64), np.inf)
            furthest = max(furthest, float(np.abs(own[rows] - times).max()))
            if topic.pictures:
                columns.append(Column(topic.name, len(times), (), "images", ColumnKind.PICTURE))
                pictures[topic.name] = _pictures(file, topic.name, own[rows])
            for key, held in topic.values.items():
                array = _array(file, topic, key, held)[rows]
                names = topic.parts[key]
                columns.append(
                    Column(f"{topic.name}{key}", len(times), array.shape[1:], "float64", ColumnKind.NUMBER, names)
                )
                values[f"{topic.name}{key}"] = array
        found = OpenedArrays(path, columns, values, pictures)
        found.words = f"a row for every message of {clock.name}; others at most {furthest / 1e6:,.0f} ms away"
        return found


class McapImages(EncodedFrames):
    """Images of a topic, read from the log when they are asked for."""

    def __init__(self, path: Path, topic: str, times: Int[np.ndarray, " rows"]) -> None:
        self._topic, self._times = topic, times
        super().__init__(path, topic, len(times))

    def _contents(self, rows: Int[np.ndarray, " k"]) -> Iterator[bytes]:
        with _reader(self._path) as reader:
            for row in rows.tolist():
                at = int(self._times[row])
                found = next(reader.iter_decoded_messages([self._topic], starting_at=at, ending_before=at + 1), None)
                if found is None:
                    raise UnreadableFile(self._path, f"there is no image of {self._topic} at {at}")
                yield _encoded(self._path, self._topic, found.decoded_message)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == ".mcap" else []
    return sorted(entry for entry in path.iterdir() if entry.suffix.lower() == ".mcap" and entry.is_file())


@contextmanager
def _reader(path: Path) -> Iterator[Any]:
    """Open a log; raises UnreadableFile for whatever is said against it.

    Messages are decoded by what their definitions in the log are compiled into: a damaged one may raise anything.
    """
    with needing("mcap", f"the log {path.name}", "mcap"):
        from mcap.reader import make_reader
    with needing("mcap_ros2", f"the log {path.name}", "mcap"):
        from mcap_ros2.decoder import DecoderFactory
    try:
        with open(path, "rb") as file, redirect_stderr(StringIO()):
            within = cast("IO[bytes]", WithinFile(file, path.stat().st_size))
            yield make_reader(within, decoder_factories=[DecoderFactory()])
    except WorldprobeError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:WIDEST] or type(error).__name__
        raise UnreadableFile(path, said.rstrip("."), "It may be cut short: copy or record it again.") from error


class WithinFile:
    """A file of which no more is read than there is, whatever length a damaged record promises."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, length: int = -1) -> bytes:
        """Return so many bytes, or those that are left."""
        left = max(self._size - self._file.tell(), 0)
        return self._file.read(left if length < 0 else min(length, left))


def _topics(path: Path) -> dict[str, Topic]:
    """Return every topic whose messages can be decoded."""
    topics: dict[str, Topic] = {}
    with _reader(path) as reader:
        summary = reader.get_summary()
        if summary is None:
            raise UnreadableFile(path, "its summary is missing", "Run `mcap recover` on it.")
        largest = max((chunk.uncompressed_size for chunk in summary.chunk_indexes), default=0)
        check_capacity(f"{path}, its largest chunk", largest)
        readable = [
            channel.topic
            for channel in summary.channels.values()
            if channel.message_encoding == "cdr" and summary.schemas[channel.schema_id].encoding == "ros2msg"
        ]
        if not readable:
            known = shortened(sorted({channel.message_encoding for channel in summary.channels.values()})) or "none"
            raise UnusableData(path, "messages", f"their encodings are {known}", "Messages of ROS 2 (cdr) are read.")
        for schema, channel, message, decoded in reader.iter_decoded_messages(readable):
            topic = topics.setdefault(channel.topic, Topic(channel.topic))
            topic.pictures = schema is not None and schema.name.endswith(("/Image", "/CompressedImage"))
            topic.note(message.log_time, decoded)
    return topics


def _numbers(message: Any, name: str, depth: int = 0) -> Iterator[tuple[str, tuple[Any, tuple[str, ...] | None]]]:
    """Give a message's numbers by the path of their field: lists, and the numbers next to one another as one vector."""
    alone: dict[str, float] = {}
    for key in getattr(message, "__slots__", ()):
        value = getattr(message, key)
        if key in LEFT_OUT or key.startswith("_"):
            continue
        if isinstance(value, bool | int | float):
            alone[key] = float(value)
        elif isinstance(value, Sequence | np.ndarray) and not isinstance(value, str | bytes | memoryview):
            if len(value) and all(isinstance(one, int | float) for one in value):
                yield f"{name}/{key}", ([float(one) for one in value], None)
        elif hasattr(value, "__slots__") and depth < DEEPEST:
            yield from _numbers(value, f"{name}/{key}", depth + 1)
    if alone:
        yield name, (list(alone.values()), tuple(alone))


def _array(path: Path, topic: Topic, key: str, held: list[Any]) -> np.ndarray:
    """Return a field's numbers, (messages, n); raises UnusableData where messages hold different numbers of them."""
    lengths = {None if one is None else len(one) for one in held}
    if len(lengths) != 1 or None in lengths:
        problem = f"its messages hold {shortened(sorted(map(str, lengths)))} numbers"
        raise UnusableData(path, f"{topic.name}{key}", problem, "Record one length, or leave the topic out.")
    return np.array(held, dtype=np.float64)


def _pictures(path: Path, topic: str, times: Int[np.ndarray, " rows"]) -> Callable[[], Frames]:
    return lambda: McapImages(path, topic, times)


def _encoded(path: Path, topic: str, message: Any) -> bytes:
    """Return an image as a file: compressed ones are one, raw ones are made into one."""
    from PIL import Image

    content = bytes(message.data)
    encoding = getattr(message, "encoding", None)
    if encoding is None:
        return content
    if encoding not in RAW or message.step * message.height != len(content):
        problem = f"its images are {encoding!r} of {len(content):,} bytes"
        raise UnusableData(path, topic, problem, f"Raw images are read in {shortened(list(RAW))}.")
    depth = len(RAW[encoding])
    rows = np.frombuffer(content, dtype=np.uint8).reshape(message.height, message.step)
    pixels = rows[:, : message.width * depth].reshape(message.height, message.width, depth)
    if RAW[encoding].startswith("BGR"):
        pixels = pixels[..., 2::-1]
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if depth == 1 else pixels[..., :3]))
    file = BytesIO()
    picture.save(file, "BMP")
    return file.getvalue()
