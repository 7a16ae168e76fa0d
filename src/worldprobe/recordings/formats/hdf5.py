"""HDF5 files: arrays of one length at any depth; the base of the layouts that add episodes to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.episodes import episode_of
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.problems import UnreadableFile, UnusableData, needing
from worldprobe.recordings.recorded_frames import Frames, Pictures, rgb, rgb_shape

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUFFIXES = frozenset({".h5", ".hdf5", ".hdf"})
BLOCK = 2048
"""Rows read at a time from chunks of one row: HDF5 needs kilobytes of memory for every chunk of a selection."""

GATHERED = 1 << 14
"""Rows gathered at a time where each lies in a chunk of its own."""


@dataclass(frozen=True)
class Hdf5Piece:
    """The rows of a column that are in one dataset."""

    dataset: str
    rows: int


class OpenedHdf5(Opened):
    """Columns whose rows are in one dataset or, one after the other, in several."""

    def __init__(self, path: Path, columns: Sequence[Column], pieces: Mapping[str, Sequence[Hdf5Piece]]) -> None:
        super().__init__(path, columns)
        self._pieces = pieces

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns; raises UnusableData where a dataset lacks or is not of the shape of the first."""
        with opened(self.path) as file:
            return {name: self._values(file, self.column(name)) for name in names}

    def frames(self, name: str) -> Frames:
        """Return pictures, of which only those asked for are read."""
        with opened(self.path) as file:
            for piece in self._pieces[name]:
                self._dataset(file, self.column(name), piece)
        return Hdf5Frames(self.path, self._pieces[name], self.column(name).shape)

    def _values(self, file: h5py.File, column: Column) -> np.ndarray:
        if column.kind is ColumnKind.TEXT:
            return np.concatenate(
                [self._dataset(file, column, piece).asstr()[...] for piece in self._pieces[column.name]]
            )
        whole = np.empty((column.rows, *column.shape), dtype=np.dtype(column.type))
        at = 0
        for piece in self._pieces[column.name]:
            self._fill(self._dataset(file, column, piece), whole[at : at + piece.rows])
            at += piece.rows
        return whole

    def _fill(self, dataset: h5py.Dataset, rows: np.ndarray) -> None:
        """Read a whole dataset into `rows`, some chunks at a time."""
        alone = _rows_alone(self.path, dataset)
        if alone is not None:
            rows[...] = alone
            return
        step = _block(dataset)
        for start in range(0, len(rows), step):
            dataset.read_direct(rows, np.s_[start : start + step], np.s_[start : start + step])

    def _dataset(self, file: h5py.File, column: Column, piece: Hdf5Piece) -> h5py.Dataset:
        dataset = file.get(piece.dataset)
        wanted = (piece.rows, *column.shape)
        if not hasattr(dataset, "shape"):
            raise UnusableData(self.path, piece.dataset, "there is no such array", "Was the file written to its end?")
        if dataset.shape != wanted:
            problem = f"its shape is {dataset.shape}, not {wanted}"
            raise UnusableData(self.path, piece.dataset, problem, "Every array needs a row for every step.")
        return dataset


class Hdf5Frames(Frames):
    """Pictures in HDF5 datasets; the file is open only while they are read."""

    def __init__(self, path: Path, pieces: Sequence[Hdf5Piece], shape: tuple[int, ...]) -> None:
        self._path, self._pieces, self._raw_shape = path, pieces, shape
        self._starts = np.cumsum([0, *(piece.rows for piece in pieces)])
        self.shape = rgb_shape(shape)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stamp(self) -> str:
        return f"{self._path.name} {self._path.stat().st_size} {self._pieces[0].dataset}"

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        wanted, back = np.unique(rows, return_inverse=True)
        raw = np.empty((len(wanted), *self._raw_shape), dtype=np.uint8)
        holder = episode_of(self._starts, wanted)
        within = wanted - self._starts[holder]
        runs = np.flatnonzero((np.diff(wanted, prepend=-2) > 1) | (np.diff(holder, prepend=-1) > 0)).tolist()
        with opened(self._path) as file:
            for start, stop in zip(runs, [*runs[1:], len(wanted)], strict=True):
                dataset, first = file[self._pieces[holder[start]].dataset], int(within[start])
                dataset.read_direct(raw, np.s_[first : first + stop - start], np.s_[start:stop])
        return rgb(raw)[back]


@FORMATS.register("hdf5")
class Hdf5(Format):
    """Any HDF5 file that is in no other layout: every array is a column, groups are part of its name."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Return whether it is an HDF5 file in no layout of its own; raises UnreadableFile where it is not whole."""
        if not is_hdf5(path):
            return False
        with opened(path) as file:
            return not any(known(file) for known in LAYOUTS)

    @classmethod
    def open(cls, path: Path) -> OpenedHdf5:
        """Look through the whole file for arrays."""
        with opened(path) as file:
            found = arrays(file)
        pieces = {column.name: [Hdf5Piece(column.name, column.rows)] for column in found}
        return OpenedHdf5(path, found, pieces)


LAYOUTS: list[Callable[[h5py.File], bool]] = [
    lambda file: "action" in file and "observations/qpos" in file,
    lambda file: any(name.startswith("episode_") and f"{name}/observations" in file for name in file),
]
"""What recognises a layout of its own in an open HDF5 file; a format that adds one is no longer read as plain HDF5."""


def is_hdf5(path: Path) -> bool:
    """Return whether a file calls itself HDF5, by its first bytes or its suffix."""
    if not path.is_file():
        return False
    with open(path, "rb") as handle:
        return handle.read(len(SIGNATURE)) == SIGNATURE or path.suffix.lower() in SUFFIXES


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading; raises UnreadableFile for whatever HDF5 says against it, then or later."""
    with needing("h5py", f"the HDF5 file {path.name}"):
        import h5py
    with suppress(ModuleNotFoundError):
        import hdf5plugin  # noqa: F401 - registers the filters that some files are compressed with
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, ValueError) as error:  # what h5py raises for damaged metadata
        said = " ".join(str(error).split())
        mend = "It may be cut short: copy or record it again."
        if "filter" in said or "plugin" in said:
            mend = "It is compressed in a way that HDF5 does not bring along: pip install hdf5plugin."
        raise UnreadableFile(path, said.rstrip("."), mend) from error


def arrays(group: h5py.Group) -> list[Column]:
    """Return the arrays of a group and its groups, in the order of their names."""
    import h5py

    found: list[Column] = []

    def visit(name: str | bytes, item: object) -> None:
        if isinstance(name, bytes):
            raise ValueError(f"the name {name!r} is not UTF-8")
        if isinstance(item, h5py.Dataset) and item.shape:
            rows, *shape = item.shape
            text = h5py.check_string_dtype(item.dtype) is not None
            kind = (
                ColumnKind.TEXT
                if text
                else ColumnKind.OTHER
                if item.dtype.hasobject
                else kind_of(item.dtype, tuple(shape))
            )
            found.append(Column(name, rows, tuple(shape), "text" if text else str(item.dtype), kind))

    group.visititems(visit)
    return found


def _rows_alone(path: Path, dataset: h5py.Dataset) -> np.ndarray | None:
    """Return rows that each lie in an uncompressed chunk of their own, mapped from the file; None where they do not.

    HDF5 itself takes microseconds for every chunk, and stable-worldmodel writes a chunk a row.
    """
    rows, *shape = dataset.shape
    plain = dataset.id.get_create_plist().get_nfilters() == 0 and not dataset.file.userblock_size
    if dataset.chunks != (1, *shape) or not plain or dataset.id.get_num_chunks() != rows:
        return None
    at = np.zeros(rows, dtype=np.int64)

    def note(chunk: Any) -> None:
        at[chunk.chunk_offset[0]] = chunk.byte_offset

    dataset.id.chunk_iter(note)
    raw, size = np.memmap(path, np.uint8, "r"), dataset.dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    if at.max() + size > len(raw):
        raise UnreadableFile(path, f"{dataset.name} reaches beyond its end", "It may be cut short: copy it again.")
    found = np.empty((rows, size), dtype=np.uint8)
    for start in range(0, rows, GATHERED):
        found[start : start + GATHERED] = raw[at[start : start + GATHERED, None] + np.arange(size)]
    return found.view(dataset.dtype).reshape(rows, *shape)


def _block(dataset: h5py.Dataset) -> int:
    """Return how many rows to read at a time: whole chunks, or everything where rows are not in chunks."""
    if dataset.chunks is None:
        return max(len(dataset), 1)
    chunk = dataset.chunks[0]
    return chunk * -(-BLOCK // chunk)
