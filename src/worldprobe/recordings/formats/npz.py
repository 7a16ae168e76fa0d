"""NumPy archives: one array a column, and pairs as two arrays `z` and `z_next`."""

from __future__ import annotations

import lzma
import math
import shutil
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from worldprobe.errors import NotEnoughRoom
from worldprobe.recordings.capacity import check_capacity, size_of
from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.encoded_frames import ENCODED, LARGEST, ArrayImages, image_shape
from worldprobe.recordings.formats.clips import clip_axes, lengths_of, padding
from worldprobe.recordings.formats.format import FORMATS, Format, Opened, numbers
from worldprobe.recordings.problems import UnusableData, reading
from worldprobe.recordings.recorded_frames import Alternating, ArrayFrames, Frames

NEXT = "_next"
IMITATION = frozenset({"obs", "acts", "indices", "terminal"})
"""Arrays of the library imitation, whose archives have a reader of their own."""
SPARE_BYTES = 64 << 20
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, struct.error),
    *(RuntimeError, OverflowError, TypeError),  # encrypted archives, sizes and types that there are not
    *(ValueError, SyntaxError, tokenize.TokenError),  # what numpy raises for a damaged header
)
HEAD = 1 << 17
"""Bytes from which an array's header is read; longer ones are no header of numbers."""
_LOCAL_HEADER = 30
"""Bytes before the name in the header that a ZIP file writes in front of every member."""


@dataclass(frozen=True)
class NpzMember:
    """An array in an archive, and where its bytes lie."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    data_at: int | None
    """Where its numbers begin in the archive, or None where they are compressed."""
    first: bytes = b""
    """The first row where it could be an image file."""


def is_npz(path: Path) -> bool:
    """Return whether a file calls itself an archive of arrays."""
    return path.suffix.lower() == ".npz" and path.is_file()


def names_in(path: Path) -> set[str]:
    """Return the names of an archive's arrays; none of a damaged one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except BROKEN:
        return set()


@FORMATS.register("npz")
class Npz(Format):
    """`np.savez`: arrays whose rows are the first axis; with `z_next` next to `z` every row is a pair."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix: any ZIP file begins as an archive does."""
        return is_npz(path) and not names_in(path) >= IMITATION

    @classmethod
    def open(cls, path: Path) -> OpenedNpz:
        """Read the headers of all arrays."""
        with reading(path, *BROKEN):
            return OpenedNpz(path, _members(path))


class OpenedNpz(Opened):
    """The arrays of an archive.

    Where an array has a partner `NAME_next` of its shape the archive holds pairs: every pair is an episode of two rows,
    `NAME` first, and arrays without a partner hold one value for both rows.
    """

    def __init__(self, path: Path, members: list[NpzMember]) -> None:
        self._members = {member.name: member for member in members if member.shape}
        self._paired = {name for name in self._members if self._is_pair(name)}
        pairs = {self._members[name].shape[0] for name in self._paired}
        if len(pairs) > 1:
            said = ", ".join(f"{name} {self._members[name].shape[0]:,}" for name in sorted(self._paired))
            raise UnusableData(path, "pairs", f"their numbers of rows differ: {said}", "Write one row for every pair.")
        columns = [self._column(member) for member in self._members.values() if not self._partner(member)]
        axes = None if self._paired else clip_axes(columns)
        if axes is not None:
            check_capacity(f"{path}, episodes", 8 * axes.episodes)
        self._axes = axes
        super().__init__(path, columns if axes is None else map(axes.flattened, columns))
        if axes is not None:
            self.starts, self.starts_in_words, self.words = axes.starts, "the first axis", axes.words
            for column in lengths_of(columns)[:1]:
                check_capacity(f"{path}, {column.name}", 8 * (column.rows + axes.episodes * axes.rows))
                with np.load(path, allow_pickle=False) as archive:
                    self.padded = padding(axes, archive[column.name])
        if self._paired:
            rows = 2 * pairs.pop()
            self.starts = np.arange(0, rows, 2, dtype=np.int64)
            self.starts_in_words = f"the archive holds pairs ({', '.join(sorted(self._paired))} and ..._next) and"

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        with reading(self.path, *BROKEN), np.load(self.path, allow_pickle=False) as archive:
            return {name: self._values(archive, name) for name in names}

    def frames(self, name: str) -> Frames:
        if self.column(name).type in ENCODED:
            member = self._members[name]
            check_capacity(f"{self.path}, {name}", size_of(member.shape, member.dtype.itemsize))
            with reading(self.path, *BROKEN), np.load(self.path, allow_pickle=False) as archive:
                return ArrayImages(self.path, name, archive[name])
        first = self._picture(self._members[name])
        if name in self._paired:
            return Alternating(first, self._picture(self._members[name + NEXT]))
        return Alternating(first, first) if self._paired else first

    def _values(self, archive: Any, name: str) -> np.ndarray:
        values = numbers(archive[name])
        if not self._paired:
            return values if self._axes is None else values.reshape(-1, *self.column(name).shape)
        second = numbers(archive[name + NEXT]) if name in self._paired else values
        return np.stack([values, second], axis=1).reshape(2 * len(values), *values.shape[1:])

    def _picture(self, member: NpzMember) -> ArrayFrames:
        with reading(self.path, *BROKEN):
            array = _mapped(self.path, member) if member.data_at is not None else _unpacked(self.path, member)
        if self._axes is not None:
            array = array.reshape(-1, *member.shape[2:])
        return ArrayFrames(self.path, member.name, array)

    def _is_pair(self, name: str) -> bool:
        member, second = self._members[name], self._members.get(name + NEXT)
        return second is not None and member.shape == second.shape and member.dtype == second.dtype

    def _partner(self, member: NpzMember) -> bool:
        return member.name.endswith(NEXT) and member.name.removesuffix(NEXT) in self._paired

    def _column(self, member: NpzMember) -> Column:
        rows, *shape = member.shape
        kind = kind_of(member.dtype, tuple(shape))
        kind = ColumnKind.OTHER if member.dtype.hasobject else kind
        if not self._paired and member.first and (image := image_shape(member.first)):
            return Column(member.name, rows, image, ENCODED[0], ColumnKind.PICTURE)
        return Column(member.name, 2 * rows if self._paired else rows, tuple(shape), str(member.dtype), kind)


def _members(path: Path) -> list[NpzMember]:
    members = []
    with zipfile.ZipFile(path) as archive, open(path, "rb") as raw:
        for info in archive.infolist():
            if not info.filename.endswith(".npy"):
                continue
            with archive.open(info) as handle:
                head = handle.read(HEAD)
                start = BytesIO(head)
                shape, fortran, dtype = _header(start)
                header = start.tell()
                if any(axis < 0 for axis in shape):
                    raise ValueError(f"{info.filename} has the shape {shape}")
                row = dtype.itemsize * math.prod(shape[1:])
                bytes_each = (dtype.kind == "S" and len(shape) == 1) or (dtype == np.uint8 and len(shape) == 2)
                first = b""
                if bytes_each and shape[0] and row <= LARGEST:
                    first = (head[header:] + handle.read(max(header + row - len(head), 0)))[:row]
            size = header + dtype.itemsize * math.prod(shape)
            if size != info.file_size and not dtype.hasobject:
                raise ValueError(f"{info.filename} has {info.file_size:,} bytes, its header says {size:,}")
            data_at = None
            if info.compress_type == zipfile.ZIP_STORED:
                raw.seek(info.header_offset)
                local = raw.read(_LOCAL_HEADER)
                before = int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
                data_at = info.header_offset + _LOCAL_HEADER + before + header
            members.append(NpzMember(info.filename.removesuffix(".npy"), shape, dtype, fortran, data_at, first))
    return members


def _header(handle: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(handle)
    if version == (1, 0):
        return npy.read_array_header_1_0(handle)
    if version == (2, 0):
        return npy.read_array_header_2_0(handle)
    raise ValueError(f"an array is of .npy version {version[0]}.{version[1]}")


def _mapped(path: Path, member: NpzMember) -> np.ndarray:
    order: Any = "F" if member.fortran else "C"
    return np.memmap(path, member.dtype, "r", member.data_at or 0, member.shape, order)


def _unpacked(path: Path, member: NpzMember) -> np.ndarray:
    """Return compressed frames mapped from a temporary file, which goes when they do; a ZIP cannot be read by row."""
    size, folder = size_of(member.shape, member.dtype.itemsize), tempfile.gettempdir()
    if size + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise NotEnoughRoom(
            f"The frames {member.name!r} of {path} are compressed and need {size / 1e9:.2f} GB in {folder} to be read. "
            "Free some space, set TMPDIR to another disk, or save them with np.savez, which does not compress."
        )
    with tempfile.TemporaryFile() as spill:
        with zipfile.ZipFile(path) as archive, archive.open(f"{member.name}.npy") as handle:
            _header(handle)
            shutil.copyfileobj(handle, spill, 1 << 20)
        spill.flush()
        order: Any = "F" if member.fortran else "C"
        return np.memmap(spill, member.dtype, "r", 0, member.shape, order)
