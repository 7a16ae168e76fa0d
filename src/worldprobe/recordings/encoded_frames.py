"""Frames that are image files in the rows of an array: PNG or JPEG bytes of any length, or filled up with zeros."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.pictures import Pictures
from worldprobe.recordings.problems import UnreadableFile
from worldprobe.recordings.recorded_frames import Frames, decoded, mixed_sizes, open_image

ENCODED = ("encoded images",)
"""The types of columns whose rows are image files."""
LARGEST = 64 << 20
"""Bytes up to which a row may be an image file."""
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM", b"II*\x00", b"MM\x00*")


def encoded_bytes(row: Any) -> bytes:
    """Return the bytes of a row: text, an opaque value, or an array of uint8."""
    return row if isinstance(row, bytes) else np.asarray(row).tobytes()


def image_shape(content: bytes) -> tuple[int, int, int] | None:
    """Return (H, W, 3) where bytes begin as an image file does and its header can be read; None where they do not."""
    if not content.startswith(_SIGNATURES):
        return None
    try:
        with open_image(Path(), BytesIO(content)) as image:
            return image.height, image.width, 3
    except UnreadableFile:
        return None


class EncodedFrames(Frames):
    """One image file a row, decoded when it is read. A subclass gives `_contents`."""

    def __init__(self, path: Path, name: str, rows: int) -> None:
        """Read the first image's size; raises UnreadableFile where it is none."""
        self._path, self._name, self._rows = path, name, rows
        shape = image_shape(next(self._contents(np.zeros(1, dtype=np.int64))))
        if shape is None:
            raise UnreadableFile(path, f"row 0 of {name!r} is not a whole image")
        self.shape = shape

    def __len__(self) -> int:
        return self._rows

    def stamp(self) -> str:
        return f"{self._path.name} {self._path.stat().st_size} {self._name}"

    @abstractmethod
    def _contents(self, rows: Int[np.ndarray, " k"]) -> Iterator[bytes]:
        """Give the image files of rows, in the order asked for."""

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        for place, content in enumerate(self._contents(rows)):
            where = f"frames {self._name!r}, row {rows[place]:,}"
            try:
                image = open_image(self._path, BytesIO(content))
            except UnreadableFile as error:
                raise UnreadableFile(
                    self._path, f"row {rows[place]:,} of {self._name!r} is not a whole image"
                ) from error
            with image:
                if (image.height, image.width) != self.shape[:2]:
                    raise mixed_sizes(self._path, where, (image.height, image.width), self.shape)
                found[place] = decoded(self._path, image)
        return found


class ArrayImages(EncodedFrames):
    """Image files in an array of bytes that is in memory."""

    def __init__(self, path: Path, name: str, array: np.ndarray) -> None:
        self._array = array
        super().__init__(path, name, len(array))

    def _contents(self, rows: Int[np.ndarray, " k"]) -> Iterator[bytes]:
        return (encoded_bytes(self._array[row]) for row in rows.tolist())
