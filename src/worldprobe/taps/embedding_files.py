"""Embeddings from files: NumPy, NPZ, Parquet, CSV, HDF5 and tensors, with their rows where a file says so."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.formats import Opened
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.opening import open_recording
from worldprobe.recordings.problems import UnreadableFile, shortened
from worldprobe.recordings.tensor_files import SUFFIXES, read_tensors
from worldprobe.taps.pooling import UnusableEmbedding, vectors

ROW_IDS = frozenset({"row", "rows", "row_id", "row_ids", "row_index"})
"""Names of the column that says which row of the data an embedding belongs to."""

PREFERRED = ("h", "embedding", "embeddings", "emb", "features", "z", "latent", "latents")
"""Names that are taken where a file has several arrays that could be the embedding."""


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of some rows of the data: all, in order, where `rows` is None."""

    h: Float[np.ndarray, "N d"]
    rows: Int[np.ndarray, " N"] | None
    source: str


def read_embeddings(given: str | Path, pool: str | None = None) -> Embeddings:
    """Read embeddings from `FILE` or `FILE[array]`: .npy, .npz, .parquet, .csv, .h5, or what `torch.save` wrote.

    Without a name, the only array of vectors is taken, or the one that is called h, embedding or the like.
    Raises UnreadableFile, UnknownLayout and UnusableEmbedding.
    """
    path, name = _named(str(given))
    if not path.is_file() and not path.is_dir():
        raise UnreadableFile(path, "there is no such file", "Write it with numpy.save, numbers only.")
    if path.is_dir() and path.resolve() == Path.cwd():
        raise UnreadableFile(path, "it is the current folder", "Name a file of embeddings.")
    if path.suffix.lower() == ".npy":
        if name is not None:
            raise UnusableEmbedding(f"{path} holds one array without a name: leave out [{name}].")
        return Embeddings(vectors(_mapped(path), pool, str(path)), None, str(path))
    opened = _tensors(path) if path.suffix.lower() in SUFFIXES else open_recording(path)[1]
    ids = next((column for column in opened.columns if column.name in ROW_IDS and column.single), None)
    chosen = _chosen(opened, name, ids)
    values = opened.read([column.name for column in chosen])
    parts = [values[column.name] for column in chosen]
    h = parts[0] if len(parts) == 1 else np.stack([part.reshape(-1) for part in parts], axis=1)
    rows = None if ids is None else _whole(opened.read([ids.name])[ids.name].reshape(-1), f"{path}, {ids.name!r}")
    if rows is not None and len(rows) != len(h):
        raise UnusableEmbedding(f"{path}: {ids and ids.name!r} has {len(rows):,} rows, the embedding {len(h):,}.")
    where = f"{path}, {chosen[0].name!r}" if len(chosen) == 1 else str(path)
    return Embeddings(vectors(h, pool, where), rows, where)


def _whole(ids: np.ndarray, where: str) -> Int[np.ndarray, " N"]:
    """Return row ids as whole numbers; raises UnusableEmbedding where they are not."""
    try:
        found = ids.astype(np.float64)
    except ValueError:
        raise UnusableEmbedding(f"{where} holds {ids.dtype}, not the numbers of rows.") from None
    odd = np.flatnonzero(~np.isfinite(found) | (found != np.floor(found)))
    if len(odd):
        raise UnusableEmbedding(f"{where} has {found[odd[0]]:g} in row {odd[0]}, not the whole number of a row.")
    return found.astype(np.int64)


def _named(given: str) -> tuple[Path, str | None]:
    match = re.fullmatch(r"(?P<path>.+)\[(?P<name>[^\[\]]+)\]", given)
    if match and not Path(given).exists():
        return Path(os.path.expanduser(match["path"])), match["name"]
    return Path(os.path.expanduser(given)), None


def _mapped(path: Path) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = f"{error}".rstrip(".")
        if "Python objects" in reason or "pickle" in reason:
            reason = "loading its Python objects would execute code"
        raise UnreadableFile(path, reason, "Write it with numpy.save, numbers only.") from error
    if array.dtype.kind not in "fiub" or array.ndim == 0:
        raise UnusableEmbedding(f"{path} holds {array.dtype} of shape {array.shape}, not rows of numbers.")
    return array


def _tensors(path: Path) -> OpenedArrays:
    """Open tensors of (rows, ...) by name; a single one is called h."""
    mend = "Write it with torch.save, a tensor or a dictionary of tensors."
    held = read_tensors(path, mend)
    arrays = held if isinstance(held, dict) else {"h": held}
    values = {name: array for name, array in arrays.items() if array.ndim}
    columns = [
        Column(name, len(array), array.shape[1:], str(array.dtype), kind_of(array.dtype, array.shape[1:]))
        for name, array in values.items()
    ]
    return OpenedArrays(path, columns, values)


def _chosen(opened: Opened, name: str | None, ids: Column | None) -> list[Column]:
    """Return the column of vectors, or all columns of single numbers of a table that has none."""
    if name is not None:
        return [opened.column(name)]
    numbers = [
        column for column in opened.columns if column.kind in (ColumnKind.NUMBER, ColumnKind.PICTURE) and column != ids
    ]
    wide = [column for column in numbers if column.shape]
    floats = [column for column in wide if column.type.startswith(("float", "<f"))] or wide
    named = [column for wanted in PREFERRED for column in wide if column.name == wanted]
    if named or len(floats) == 1:
        return [named[0] if named else floats[0]]
    if not wide and numbers and len({column.rows for column in numbers}) == 1:
        return numbers
    listed = shortened([f"{column.name} ({column.type}, {column.shape} a row)" for column in wide or opened.columns])
    raise UnusableEmbedding(
        f"{opened.path} has {'several arrays' if wide else 'no array'} that could be the embedding"
        f"{f': {listed}' if listed else ''}. Name one as {opened.path.name}[ARRAY]."
    )
