"""TD-MPC2: a `.pt` file with tensors of (episodes, rows, ...): `obs`, `action`, `reward`, `task`.

The layout: https://github.com/nicklashansen/tdmpc2, tdmpc2/trainer/offline_trainer.py and online_trainer.py (`to_td`)
"""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np

from worldprobe.recordings.capacity import check_capacity, check_file
from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.problems import UnreadableFile, UnusableData, reading

LOADING = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, IndexError),
    *(AttributeError, AssertionError, OverflowError, struct.error, zipfile.BadZipFile, MemoryError),
)
"""What `torch.load` raises for a file that is none of its own, or that it refuses to execute."""
NAMES = {"task": "task_index"}
"""What columns are called here: a task is no state."""


@FORMATS.register("td-mpc2")
class TdMpc2(Format):
    """Plain tensors in a dictionary; whatever else a `.pt` file holds would have to be executed, and is refused."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix."""
        return path.is_file() and path.suffix.lower() in (".pt", ".pth")

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Load the tensors; raises UnreadableFile for anything else, UnusableData where their axes differ."""
        arrays = {NAMES.get(name, name): array for name, array in _tensors(path).items()}
        axes = {array.shape[:2] for array in arrays.values()}
        if len(axes) != 1 or 0 in min(axes) or len(min(axes)) < 2:
            said = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            mend = "Every tensor needs the same first two axes, episodes and rows."
            raise UnusableData(path, "tensors", f"their shapes are {said or 'none'}", mend)
        episodes, rows = axes.pop()
        action, shifted = arrays.get("action"), False
        if action is not None and action.dtype.kind == "f" and np.isnan(action[:, 0]).all():
            arrays["action"] = np.concatenate([action[:, 1:], np.full_like(action[:, :1], np.nan)], axis=1)
            shifted = True
        values = {name: array.reshape(episodes * rows, *array.shape[2:]) for name, array in arrays.items()}
        columns = [
            Column(name, len(array), array.shape[1:], str(array.dtype), _kind(array)) for name, array in values.items()
        ]
        found = OpenedArrays(path, columns, values)
        found.starts, found.starts_in_words = np.arange(episodes, dtype=np.int64) * rows, "the first axis"
        found.words = f"{episodes:,} x {rows:,} rows" + "; an action belongs to the row before it" * shifted
        return found


def _kind(array: np.ndarray) -> ColumnKind:
    """Return what a tensor's values are; pictures are not read from it."""
    found = kind_of(array.dtype, array.shape[1:])
    return ColumnKind.OTHER if found is ColumnKind.PICTURE else found


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a file as arrays; nothing in the file is executed."""
    import torch

    mend = "Only tensors in a dictionary are read, nothing is executed: torch.save(data.to_dict(), path) writes that."
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of storages that damage makes old ones
            held = torch.load(path, map_location="cpu", weights_only=True)
    except LOADING as error:
        said = " ".join(str(error).split())[:120] or type(error).__name__
        raise UnreadableFile(path, f"it does not hold plain tensors ({said})", mend) from error
    if not isinstance(held, dict):
        raise UnreadableFile(path, f"it holds a {type(held).__name__}", mend)
    found = {str(name): value for name, value in held.items() if isinstance(value, torch.Tensor)}
    check_capacity(str(path), sum(value.numel() * value.element_size() for value in found.values()))
    try:
        return {name: value.detach().to_dense().resolve_conj().resolve_neg().numpy() for name, value in found.items()}
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:  # types that NumPy lacks
        raise UnreadableFile(path, f"a tensor in it is not of plain numbers ({error})", mend) from error


def _check_archive(path: Path) -> None:
    """Raise NotEnoughRoom for an archive whose unpacked size does not fit in memory."""
    check_file(path)
    if zipfile.is_zipfile(path):
        with reading(path, zipfile.BadZipFile, ValueError, OSError, NotImplementedError), zipfile.ZipFile(path) as held:
            size = sum(info.file_size for info in held.infolist())
        check_capacity(f"{path}, unpacked", size)
