"""Tensors that `torch.save` wrote, as arrays; whatever else a file holds would have to be executed, and is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.torch_files import LOADING, Unloadable, array_of, is_tensor, load_plain
from worldprobe.recordings.capacity import check_capacity, check_file
from worldprobe.recordings.problems import UnreadableFile, reading

SUFFIXES = (".pt", ".pth")


def read_tensors(path: Path, mend: str) -> dict[str, np.ndarray] | np.ndarray:
    """Return the array of a single tensor, or the arrays of a dictionary's tensors.

    Raises UnreadableFile, with `mend`, for anything else, and NotEnoughRoom for what does not fit in memory.
    """
    _check_archive(path)
    try:
        held = load_plain(path)
    except (Unloadable, OSError) as error:
        raise UnreadableFile(path, f"it does not hold plain tensors ({error})", mend) from error
    if is_tensor(held):
        return _array(held, path, mend)
    if not isinstance(held, dict):
        raise UnreadableFile(path, f"it holds a {type(held).__name__}", mend)
    found = {str(name): value for name, value in held.items() if is_tensor(value)}
    check_capacity(str(path), sum(value.numel() * value.element_size() for value in found.values()))
    return {name: _array(value, path, mend) for name, value in found.items()}


def _array(tensor: Any, path: Path, mend: str) -> np.ndarray:
    try:
        return array_of(tensor)
    except LOADING as error:
        raise UnreadableFile(path, f"a tensor in it is not of plain numbers ({error})", mend) from error


def _check_archive(path: Path) -> None:
    """Raise NotEnoughRoom for an archive whose unpacked size does not fit in memory."""
    check_file(path)
    if zipfile.is_zipfile(path):
        with reading(path, zipfile.BadZipFile, ValueError, OSError, NotImplementedError), zipfile.ZipFile(path) as held:
            size = sum(info.file_size for info in held.infolist())
        check_capacity(f"{path}, unpacked", size)
