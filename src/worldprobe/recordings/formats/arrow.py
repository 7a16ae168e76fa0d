"""Arrow columns, as Parquet and CSV give them: their kinds, their numbers, and pictures that they hold encoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Int, UInt8

from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.episodes import episode_of
from worldprobe.recordings.local_paths import local_path
from worldprobe.recordings.pictures import Pictures
from worldprobe.recordings.problems import UnreadableFile, UnusableData, needing, reading, shortened
from worldprobe.recordings.recorded_frames import Frames, decoded, is_image, mixed_sizes, open_image

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH = 256
"""Rows of encoded pictures that are held at a time."""


@contextmanager
def arrow(path: Path) -> Iterator[None]:
    """Need pyarrow, and turn what it says of a damaged file into UnreadableFile."""
    with needing("pyarrow", f"the table {path.name}"):
        import pyarrow as pa
    with reading(path, pa.ArrowException, OSError, UnicodeDecodeError):
        yield


def parquet_file(path: Path) -> pq.ParquetFile:
    """Open a Parquet file mapped into memory; inside `arrow`."""
    from pyarrow import parquet

    return parquet.ParquetFile(path, memory_map=True)


def column_of(path: Path, name: str, rows: int, first: pa.Scalar) -> Column:
    """Return what a column is, from its type and the value in its first row."""
    shape, kind = _kind(first.type, first)
    if kind is ColumnKind.PICTURE:
        picture = _picture(path.parent, first.as_py())
        if picture is None:
            files = isinstance(first.as_py(), str)  # which are missing, and said to be when they are to be read
            shape, type_ = ((0, 0, 3), "images") if files else ((), str(first.type))
            return Column(name, rows, shape, type_, kind if files else ColumnKind.OTHER)
        with picture as image:
            return Column(name, rows, (image.height, image.width, 3), f"{image.format} images", kind)
    return Column(name, rows, shape, str(first.type), kind)


def _kind(kind: pa.DataType, first: pa.Scalar) -> tuple[tuple[int, ...], ColumnKind]:
    from pyarrow import types

    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return (), ColumnKind.NUMBER
    if types.is_boolean(kind):
        return (), ColumnKind.TRUTH
    if types.is_temporal(kind):
        return (), ColumnKind.MOMENT
    if types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind):
        value = first.as_py()
        return (), ColumnKind.PICTURE if isinstance(value, str) and is_image(value) else ColumnKind.TEXT
    if types.is_binary(kind) or types.is_large_binary(kind) or _holds_bytes(kind):
        return (), ColumnKind.PICTURE
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        inner = _kind(kind.value_type, first)
        if inner == ((), ColumnKind.NUMBER):
            return (len(first.as_py() or ()),), ColumnKind.NUMBER
    return (), ColumnKind.OTHER


def _holds_bytes(kind: pa.DataType) -> bool:
    from pyarrow import types

    return types.is_struct(kind) and {"bytes", "path"} <= {kind.field(place).name for place in range(kind.num_fields)}


def as_numpy(path: Path, name: str, values: pa.ChunkedArray) -> np.ndarray:
    """Return numbers (rows,) or (rows, n), times as integers, text as an array of strings; missing numbers are NaN.

    Raises UnusableData for lists of mixed lengths, with the row.
    """
    import pyarrow as pa
    from pyarrow import compute, types

    kind = values.type
    if types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    if types.is_string(kind) or types.is_large_string(kind):
        return values.to_numpy()
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        lengths = compute.fill_null(compute.list_value_length(values), 0).to_numpy()
        other = np.flatnonzero(lengths != lengths[0])
        if other.size:
            problem = f"row {other[0]:,} holds {lengths[other[0]]} numbers, row 0 {lengths[0]}"
            raise UnusableData(path, f"column {name!r}", problem, "Vectors must all have one length.")
        return as_numpy(path, name, compute.list_flatten(values)).reshape(len(lengths), lengths[0])
    if types.is_temporal(kind):
        values = values.cast(pa.int64() if kind.bit_width == 64 else pa.int32())
    elif types.is_decimal(kind) or (values.null_count and not types.is_floating(kind)):
        values = values.cast(pa.float64())
    return values.to_numpy()


def parquet_numpy(
    files: Sequence[Path], names: Sequence[str], counts: Sequence[int] | None = None
) -> dict[str, np.ndarray]:
    """Return columns of Parquet files, one file after the other.

    Raises UnusableData where a file lacks a column, or does not have as many rows as `counts` says.
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for path, count in zip(files, counts or repeat(None), strict=False):
        with arrow(path):
            opened = parquet_file(path)
            lacking = sorted(set(names) - set(opened.schema_arrow.names))
            if lacking:
                raise UnusableData(path, "columns", f"there is no {shortened(lacking)}")
            if count is not None and opened.metadata.num_rows != count:
                problem = f"it has {opened.metadata.num_rows:,} rows, its episodes {count:,}"
                raise UnusableData(path, "rows", problem, "Was it written to its end?")
            table = opened.read(columns=list(names))
            for name in names:
                found[name].append(as_numpy(path, name, table.column(name)))
    return {name: joined(files, name, parts) for name, parts in found.items()}


def joined(files: Sequence[Path], name: str, parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the parts of a column one after the other; raises UnusableData where one has another width."""
    for path, part in zip(files, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            problem = f"its rows have the shape {part.shape[1:]}, those of {files[0].name} {parts[0].shape[1:]}"
            raise UnusableData(path, f"column {name!r}", problem, "All files need the same columns.")
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


class ParquetPictures(Frames):
    """Encoded images in a column of Parquet files: bytes, or bytes and path as Hugging Face writes them."""

    def __init__(self, files: Sequence[Path], name: str, shape: tuple[int, ...]) -> None:
        self._files, self._name, self.shape = files, name, (shape[0], shape[1], 3)
        groups = [(number, group, rows) for number, path in enumerate(files) for group, rows in _groups(path)]
        self._groups = [(number, group) for number, group, rows in groups if rows]
        self._starts = np.cumsum([0, *(rows for *_, rows in groups if rows)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stamp(self) -> str:
        return self._name + "\n".join(f"{path.name} {path.stat().st_size}" for path in self._files)

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        found = np.empty((len(rows), *self.shape), dtype=np.uint8)
        holder = episode_of(self._starts, rows)
        for number in np.unique(holder):
            here = np.flatnonzero(holder == number)
            wanted, back = np.unique(rows[here] - self._starts[number], return_inverse=True)
            for place, picture in enumerate(self._group(*self._groups[int(number)], wanted)):
                found[here[back == place]] = picture
        return found

    def _group(self, number: int, group: int, wanted: Int[np.ndarray, " k"]) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """Give the pictures of some rows of a row group, which rise; no more than a batch of it is held."""
        path, start = self._files[number], 0
        with arrow(path):
            for batch in parquet_file(path).iter_batches(BATCH, row_groups=[group], columns=[self._name]):
                inside = wanted[(wanted >= start) & (wanted < start + len(batch))] - start
                for row in inside.tolist():
                    yield self._decoded(path, start + row, batch.column(0)[row].as_py())
                start += len(batch)
                if start > wanted[-1]:
                    return

    def _decoded(self, path: Path, row: int, value: Any) -> UInt8[np.ndarray, "H W 3"]:
        picture = _picture(path.parent, value)
        if picture is None:
            raise UnusableData(path, f"column {self._name!r}, row {row:,} of its row group", "it holds no whole image")
        with picture as image:
            if (image.height, image.width) != self.shape[:2]:
                raise mixed_sizes(path, f"column {self._name!r}", (image.height, image.width), self.shape)
            return decoded(path, image)


def _groups(path: Path) -> list[tuple[int, int]]:
    with arrow(path):
        metadata = parquet_file(path).metadata
        return [(group, metadata.row_group(group).num_rows) for group in range(metadata.num_row_groups)]


def _picture(folder: Path, value: Any) -> Any:
    """Open an encoded image: bytes, {"bytes", "path"}, or the path of a file; None where it is none."""
    if isinstance(value, dict):
        value = value["bytes"] or value["path"]
    if not value:
        return None
    try:
        return open_image(folder, BytesIO(value) if isinstance(value, bytes) else local_path(folder, value))
    except (UnreadableFile, UnusableData):
        return None
