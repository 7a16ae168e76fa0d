"""HDF5 files: arrays of one length at any depth; the base of the layouts that add episodes to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.capacity import check_capacity, size_of
from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.encoded_frames import ENCODED, EncodedFrames, encoded_bytes, image_shape
from worldprobe.recordings.episodes import episode_of
from worldprobe.recordings.formats.clips import clip_axes, lengths_of, padding
from worldprobe.recordings.formats.format import FORMATS, Format, Opened
from worldprobe.recordings.pictures import Pictures, eight_bits, rgb, rgb_shape
from worldprobe.recordings.problems import UnreadableFile, UnusableData, needing, shortened
from worldprobe.recordings.recorded_frames import LOOKED_AT, Frames, float_factor
from worldprobe.stats.subsample import evenly_spaced

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUFFIXES = frozenset({".h5", ".hdf5", ".hdf"})
BLOCK = 2048
"""Rows read at a time from chunks of one row: HDF5 needs kilobytes of memory for every chunk of a selection."""

BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
"""What h5py raises for damaged metadata, and where an array is a group or a single value, or a group an array."""
PIECE_BYTES = 200
"""Memory that an episode of one array takes before any of it is read."""
GATHERED = 1 << 14
"""Rows gathered at a time where each lies in a chunk of its own."""


@dataclass(frozen=True)
class Hdf5Piece:
    """The rows of a column that are in one dataset."""

    dataset: str
    rows: int
    clip: int | None = None
    """Where the dataset is (episodes, rows, ...): which episode."""


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
        column = self.column(name)
        encoded = column.type in ENCODED
        with opened(self.path) as file:
            for piece in self._pieces[name]:
                self._dataset(file, column, piece, shaped=not encoded)
        if encoded:
            return Hdf5Images(self.path, self._pieces[name])
        return Hdf5Frames(self.path, self._pieces[name], column)

    def _values(self, file: h5py.File, column: Column) -> np.ndarray:
        if column.kind is ColumnKind.TEXT:
            texts = [self._dataset(file, column, piece).asstr(errors="replace") for piece in self._pieces[column.name]]
            return np.concatenate([text[...] for text in texts])
        whole = np.empty((column.rows, *column.shape), dtype=np.dtype(column.type))
        at = 0
        for piece in self._pieces[column.name]:
            dataset, here = self._dataset(file, column, piece), whole[at : at + piece.rows]
            if piece.clip is None:
                self._fill(dataset, here)
            else:
                here[...] = dataset[piece.clip]
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

    def _dataset(self, file: h5py.File, column: Column, piece: Hdf5Piece, *, shaped: bool = True) -> h5py.Dataset:
        dataset = file.get(piece.dataset)
        if not hasattr(dataset, "shape"):
            raise UnusableData(self.path, piece.dataset, "there is no such array", "Was the file written to its end?")
        check_own(self.path, dataset)
        check_chunks(self.path, dataset)
        shape = dataset.shape if piece.clip is None else dataset.shape[1:]
        wanted = (piece.rows, *column.shape) if shaped else (piece.rows, *shape[1:])
        if shape != wanted:
            problem = f"its shape is {shape}, not {wanted}"
            raise UnusableData(self.path, piece.dataset, problem, "Every array needs a row for every step.")
        return dataset


class Hdf5Frames(Frames):
    """Pictures in HDF5 datasets; the file is open only while they are read."""

    def __init__(self, path: Path, pieces: Sequence[Hdf5Piece], column: Column) -> None:
        """Look for the range of floating-point pictures; raises as `float_factor` does."""
        self._path, self._pieces, self._column = path, pieces, column
        self._starts = np.cumsum([0, *(piece.rows for piece in pieces)])
        self.shape = rgb_shape(column.shape)
        self._factor = 1.0
        if column.type != "uint8":
            size = size_of(column.shape, np.dtype(column.type).itemsize)
            check_capacity(f"{path}, {column.name}: pictures", LOOKED_AT * size)
            some = self._raw(evenly_spaced(len(self), LOOKED_AT))
            self._factor = float_factor(path, column.name, some)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stamp(self) -> str:
        return f"{self._path.name} {self._path.stat().st_size} {self._pieces[0].dataset}"

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        wanted, back = np.unique(rows, return_inverse=True)
        raw = self._raw(wanted)
        return rgb(raw if raw.dtype == np.uint8 else eight_bits(raw, self._factor))[back]

    def _raw(self, wanted: Int[np.ndarray, " k"]) -> np.ndarray:
        """Return pictures as they lie in the file, of rows that rise."""
        raw = np.empty((len(wanted), *self._column.shape), dtype=np.dtype(self._column.type))
        holder = episode_of(self._starts, wanted)
        within = wanted - self._starts[holder]
        runs = np.flatnonzero((np.diff(wanted, prepend=-2) > 1) | (np.diff(holder, prepend=-1) > 0)).tolist()
        with opened(self._path) as file:
            for start, stop in zip(runs, [*runs[1:], len(wanted)], strict=True):
                piece, first = self._pieces[holder[start]], int(within[start])
                rows = np.s_[first : first + stop - start]
                source = rows if piece.clip is None else (piece.clip, rows)
                file[piece.dataset].read_direct(raw, source, np.s_[start:stop])
        return raw


class Hdf5Images(EncodedFrames):
    """PNG or JPEG files in the rows of HDF5 datasets: bytes of any length, or rows of bytes that zeros fill up."""

    def __init__(self, path: Path, pieces: Sequence[Hdf5Piece]) -> None:
        self._pieces = pieces
        self._starts = np.cumsum([0, *(piece.rows for piece in pieces)])
        super().__init__(path, pieces[0].dataset, int(self._starts[-1]))

    def _contents(self, rows: Int[np.ndarray, " k"]) -> Iterator[bytes]:
        with opened(self._path) as file:
            for row, holder in zip(rows.tolist(), episode_of(self._starts, rows), strict=True):
                piece, place = self._pieces[holder], row - int(self._starts[holder])
                yield encoded_bytes(file[piece.dataset][place if piece.clip is None else (piece.clip, place)])


@FORMATS.register("hdf5")
class Hdf5(Format):
    """Any HDF5 file that is in no other layout: every array is a column, groups are part of its name."""

    general = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Return whether it is an HDF5 file; raises UnreadableFile where it is not whole."""
        if not is_hdf5(path):
            return False
        with opened(path):
            return True

    @classmethod
    def open(cls, path: Path) -> OpenedHdf5:
        """Look through the whole file for arrays; where all have a first axis of episodes, they are put end to end."""
        with opened(path) as file:
            found = arrays(file)
        axes = clip_axes(found)
        if axes is not None:
            check_capacity(f"{path}, episodes", PIECE_BYTES * axes.episodes * len(found))
        if axes is None:
            return OpenedHdf5(path, found, {column.name: [Hdf5Piece(column.name, column.rows)] for column in found})
        pieces = {
            column.name: [Hdf5Piece(column.name, axes.rows_of(column), clip) for clip in range(axes.episodes)]
            for column in found
        }
        used = lengths_of(found)
        with opened(path) as file:
            padded = padding(axes, whole(path, file[used[0].name])) if used else None
        clips = OpenedHdf5(path, [axes.flattened(column) for column in found], pieces)
        clips.starts, clips.starts_in_words, clips.words = axes.starts, "the first axis", axes.words
        clips.padded = padded
        return clips


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
    except BROKEN as error:
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
            check_own(Path(item.file.filename), item)
            found.append(_column(name, item))

    group.visititems(visit)
    return found


def _column(name: str, item: h5py.Dataset) -> Column:
    import h5py

    rows, *shape = item.shape
    kind = ColumnKind.OTHER if item.dtype.hasobject else kind_of(item.dtype, tuple(shape))
    if image := _encoded_image(item):
        return Column(name, rows, image, ENCODED[0], ColumnKind.PICTURE)
    if h5py.check_string_dtype(item.dtype) is not None:
        return Column(name, rows, tuple(shape), "text", ColumnKind.TEXT)
    return Column(name, rows, tuple(shape), str(item.dtype), kind)


def _encoded_image(item: h5py.Dataset) -> tuple[int, int, int] | None:
    """Return the shape of the picture in the first row where rows are image files; None where they are not."""
    may = item.dtype.kind in "SOV" if len(item.shape) == 1 else item.dtype == np.uint8 and len(item.shape) == 2
    return image_shape(encoded_bytes(item[0])) if may and len(item) else None


def check_own(path: Path, dataset: h5py.Dataset) -> None:
    """Raise UnusableData for an array whose numbers lie in another file: a data set is read from its own."""
    others = {name for name, *_ in dataset.external or ()}
    if dataset.is_virtual:
        others |= {source.file_name for source in dataset.virtual_sources() if source.file_name != "."}
    if others or Path(dataset.file.filename) != path:
        problem = f"its numbers lie in another file, {shortened(sorted(others) or [dataset.file.filename])}"
        raise UnusableData(path, dataset.name or "", problem, "Copy them into the file: `h5repack` does.")


def check_chunks(path: Path, dataset: h5py.Dataset) -> None:
    """Raise NotEnoughRoom for chunks that do not fit in memory: HDF5 unpacks whole ones."""
    if dataset.chunks is not None:
        check_capacity(f"{path}, {dataset.name}, a chunk", size_of(dataset.chunks, dataset.dtype.itemsize))


def holds_group(held: Any, name: str) -> bool:
    """Return whether there is a group of this name."""
    import h5py

    return held.get(name, getclass=True) is h5py.Group


def group_of(held: Any, name: str) -> Any:
    """Return a group; raises UnusableData where it is none, since an array would be read to look for a name in it."""
    if not holds_group(held, name):
        path = Path(held.file.filename)
        raise UnusableData(path, name, "it is no group of arrays", "Was the file written to its end?")
    return held[name]


def whole(path: Path, dataset: Any) -> np.ndarray:
    """Return all of a dataset of whole numbers; raises UnusableData for another, NotEnoughRoom for one too large."""
    if not getattr(dataset, "shape", ()) or dataset.dtype.kind not in "iu":
        raise UnusableData(path, str(getattr(dataset, "name", "")), "it is no array of whole numbers")
    check_own(path, dataset)
    check_chunks(path, dataset)
    check_capacity(f"{path}, {dataset.name}", size_of(dataset.shape, dataset.dtype.itemsize))
    return dataset[...]


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
