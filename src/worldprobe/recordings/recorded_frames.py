"""Frames that are read when they are asked for, never all at once."""

from __future__ import annotations

import os
import re
import struct
import warnings
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Shaped, UInt8
from PIL import Image

from worldprobe.errors import InvalidValue
from worldprobe.recordings.capacity import check_capacity, size_of
from worldprobe.recordings.pictures import Pictures, eight_bits, range_of_floats, rgb, rgb_shape
from worldprobe.recordings.problems import UnreadableFile, UnusableData
from worldprobe.stats.subsample import evenly_spaced

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF")
"""What image files are read as; Pillow knows others that start programs or open further files."""
DECODING = (
    *(OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error),
    *(TypeError, IndexError, KeyError, OverflowError, AttributeError, ZeroDivisionError),
)
"""What Pillow raises for a damaged image, format by format."""
LOOKED_AT = 16
"""How many pictures of floating-point numbers are read to find their range."""

LONGEST = 1000
"""Digits of a number in a file's name that count for its order."""
CHECKED = 1000
"""How many image files are checked when a recording is opened; the others are checked when they are read."""


class Frames(ABC):
    """The frames of a recording, one a row.

    A subclass gives `shape` (of one frame, (H, W, 3)), `__len__`, `_read` and `stamp`.
    """

    shape: tuple[int, int, int]
    words: str = ""
    """What is said of how they are stored."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        """Return the frames of rows that exist, in the order asked for."""

    @abstractmethod
    def stamp(self) -> str:
        """Return what identifies these frames without reading them: names, sizes, shapes."""

    def missing(self) -> Bool[np.ndarray, " rows"]:
        """Return which rows have no picture: their files do not exist."""
        return np.zeros(len(self), dtype=bool)

    def check_whole(self) -> None:  # noqa: B027 - most frames are in one file
        """Raise UnreadableFile where rows have no picture."""

    def read(self, rows: Int[np.ndarray, " k"] | Sequence[int]) -> Pictures:
        """Return some rows' frames, uint8 RGB, in the order asked for.

        Raises InvalidValue for rows that there are not, UnreadableFile and UnusableData where a file is not what it was
        when the recording was opened.
        """
        asked = np.asarray(rows, dtype=np.int64)
        if asked.size and (asked.min() < 0 or asked.max() >= len(self)):
            raise InvalidValue("rows", f"{asked.min()} .. {asked.max()}", f"0 .. {len(self) - 1}")
        check_capacity(f"{len(asked):,} frames", size_of((len(asked), *self.shape), 1))
        if not asked.size:
            return np.zeros((0, *self.shape), dtype=np.uint8)
        return self._read(asked)


class ArrayFrames(Frames):
    """Frames in an array, usually mapped from a file into memory: 8 bits, or floating-point numbers."""

    def __init__(self, path: Path, name: str, array: Shaped[np.ndarray, "rows ..."]) -> None:
        """Look at some pictures for their range; raises UnusableData for numbers in neither 0 .. 1 nor 0 .. 255."""
        self._array, self._name = array, f"{path.name} {name}"
        self.shape = rgb_shape(array.shape[1:])
        check_capacity(f"{path}, {name}: pictures", size_of((LOOKED_AT, *array.shape[1:]), array.dtype.itemsize))
        some = np.asarray(array[evenly_spaced(len(array), LOOKED_AT)])
        self._factor = 1.0 if array.dtype == np.uint8 else float_factor(path, name, some)
        self.words = "" if array.dtype == np.uint8 else f"numbers from 0 to {1 if self._factor > 1 else 255}"

    def __len__(self) -> int:
        return len(self._array)

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        block = np.asarray(self._array[rows])
        return rgb(block if block.dtype == np.uint8 else eight_bits(block, self._factor))

    def stamp(self) -> str:
        return f"{self._name} {self._array.shape}"


def float_factor(path: Path, name: str, some: Shaped[np.ndarray, "k ..."]) -> float:
    """Return what floating-point pictures are multiplied with; raises UnusableData for any other range."""
    factor = range_of_floats(some)
    if factor is None:
        problem = f"its pictures are {some.dtype} from {np.nanmin(some):.4g} to {np.nanmax(some):.4g}"
        mend = "Floating-point pictures are read from 0 .. 1 or 0 .. 255: scale them back, or save them as uint8."
        raise UnusableData(path, f"frames {name!r}", problem, mend)
    return factor


class RowsOf(Frames):
    """Some rows of other frames, in order: what is left when bad rows are dropped."""

    def __init__(self, frames: Frames, rows: Int[np.ndarray, " k"]) -> None:
        self._frames, self._rows, self.shape = frames, rows, frames.shape

    def __len__(self) -> int:
        return len(self._rows)

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        return self._frames.read(self._rows[rows])

    def missing(self) -> Bool[np.ndarray, " rows"]:
        return self._frames.missing()[self._rows]

    def stamp(self) -> str:
        return f"{len(self._rows)} rows of {self._frames.stamp()}"


class Alternating(Frames):
    """Frames of pairs: even rows show the first member, odd rows the second."""

    def __init__(self, first: Frames, second: Frames) -> None:
        self._both, self.shape = (first, second), first.shape

    def __len__(self) -> int:
        return 2 * len(self._both[0])

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        for parity, frames in enumerate(self._both):
            here = rows % 2 == parity
            found[here] = frames.read(rows[here] // 2)
        return found

    def stamp(self) -> str:
        return " and ".join(frames.stamp() for frames in self._both)


class ImageFiles(Frames):
    """One image file a row."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """Check the files, or 1,000 spread over them; raises as `read` does. Names are relative to the folder.

        Files that do not exist are `missing`, unless none does.
        """
        self._folder, self._names = folder, names
        self._missing = np.array([not os.path.exists(folder / name) for name in names])
        there = np.flatnonzero(~self._missing)
        with _opened(folder / names[there[0] if there.size else 0]) as first:
            self.shape = (first.height, first.width, 3)
        self._checked = there[evenly_spaced(len(there), CHECKED)]
        for row in self._checked:
            with _opened(folder / names[row]) as image:
                self._check(folder / names[row], image)

    def __len__(self) -> int:
        return len(self._names)

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        for place, row in enumerate(rows):
            path = self._folder / self._names[row]
            with _opened(path) as image:
                self._check(path, image)
                found[place] = decoded(path, image)
        return found

    def missing(self) -> Bool[np.ndarray, " rows"]:
        return self._missing

    def check_whole(self) -> None:
        gone = np.flatnonzero(self._missing)
        if gone.size:
            several = f" ({gone.size:,} of {len(self):,} are missing)" if gone.size > 1 else ""
            raise UnreadableFile(self._folder / self._names[gone[0]], f"there is no such file{several}")

    def stamp(self) -> str:
        sizes = [(self._folder / self._names[row]).stat().st_size for row in self._checked]
        return "\n".join(self._names) + str(sizes)

    def _check(self, path: Path, image: Any) -> None:
        if (image.height, image.width) != self.shape[:2]:
            raise mixed_sizes(path, "frame", (image.height, image.width), self.shape)


def mixed_sizes(path: Path, place: str, size: tuple[int, int], first: tuple[int, int, int]) -> UnusableData:
    """Return the error for a frame of another size than the first."""
    problem = f"it is {size[1]} x {size[0]}, but the first frame is {first[1]} x {first[0]}"
    return UnusableData(path, place, problem, "Frames must all have one size: resize them.")


def decoded(path: Path, image: Any) -> UInt8[np.ndarray, "H W 3"]:
    """Return an opened image's pixels; raises UnreadableFile where it is cut short, UnusableData for deep pixels."""
    if image.mode.startswith(("I", "F")):
        raise UnusableData(
            path, "frame", f"its pixels are {image.mode!r}, not 8 bits a channel", "Save it as 8-bit RGB."
        )
    try:
        return np.asarray(image.convert("RGB"))
    except DECODING as error:
        raise UnreadableFile(path, " ".join(str(error).split()) or type(error).__name__) from error


def _opened(path: Path) -> Any:
    return open_image(path, path)


def open_image(path: Path, source: Any) -> Any:
    """Open an image in a file, or in bytes that `path` holds; raises UnreadableFile for none, or one far too large."""
    try:
        if isinstance(source, Path) and source.exists() and not source.is_file():
            raise UnreadableFile(path, "it is not a file of its own")
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(source, formats=IMAGE_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = f"it has more than {Image.MAX_IMAGE_PIXELS:,} pixels"
        raise UnreadableFile(path, limit, "Save its images smaller.") from error
    except DECODING as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else "it is not a whole image"
        raise UnreadableFile(path, reason) from error


def image_names(folder: Path) -> list[str]:
    """Return the names of a folder's image files in the order of the numbers in them (2 before 10)."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    return sorted((name for name in names if is_image(name) and not name.startswith(".")), key=natural)


def images_by_stem(folder: Path) -> dict[str, str]:
    """Return the names of a folder's image files by what stands before their suffix; none where there is no folder."""
    return {name.rsplit(".", 1)[0]: name for name in image_names(folder)} if folder.is_dir() else {}


def is_image(name: str) -> bool:
    """Return whether a file's name is that of an image."""
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def natural(name: str) -> list[tuple[int, str]]:
    """Return a sorting key in which numbers count as numbers."""
    return [(int(part[:LONGEST]), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]
