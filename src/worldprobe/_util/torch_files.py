"""Files that torch wrote: of `torch.save`'s, tensors and plain containers are loaded and nothing is executed."""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.errors import DamagedData

LOADING = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, IndexError),
    *(AttributeError, AssertionError, OverflowError, struct.error, zipfile.BadZipFile, MemoryError),
)
"""What torch raises for a file that is none of its own, that is damaged, or that holds more than tensors."""


class Unloadable(RuntimeError):
    """Why a file was not loaded, in a few words of ours: torch's own advise to execute the file."""

    def __init__(self, reason: str, executes: bool) -> None:
        super().__init__(reason)
        self.executes = executes
        """Whether the file holds more than tensors, which loading would execute."""


def load_plain(path: Path) -> Any:
    """Return what a file holds, tensors on the CPU; raises FileNotFoundError and Unloadable."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles, which are refused, and of storages that damage makes old ones
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except LOADING as error:
        if not _begins_as_torch(path):
            raise Unloadable("it is no file that torch.save wrote", False) from error
        if isinstance(error, pickle.UnpicklingError):
            raise Unloadable("it holds more than tensors, and loading it would run code from it", True) from error
        said = " ".join(str(error).split()).split(". ")[0].rstrip(".")[:200]
        raise Unloadable(f"{type(error).__name__}: {said}" if said else type(error).__name__, False) from error


def load_torchscript(path: Path, mend: str) -> Any:
    """Return the module of a TorchScript archive, on the CPU: loading and calling it executes what it holds.

    Raises DamagedData where it is none; `mend` says how the caller is told which module a checkpoint belongs to.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch.export has no archive that runs everywhere
            return torch.jit.load(str(path), map_location="cpu")
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0].split(". ")[0]
        raise DamagedData(
            f"{path} is not TorchScript ({reason}). Of a checkpoint, name the module too: {mend}."
        ) from error


def _begins_as_torch(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2).startswith((b"PK", b"\x80"))


def is_tensor(value: Any) -> bool:
    """Return whether a value of such a file is a tensor."""
    import torch

    return isinstance(value, torch.Tensor)


def array_of(tensor: Any) -> np.ndarray:
    """Return a tensor as an array, bfloat16 as float32; raises one of LOADING for types that NumPy lacks."""
    import torch

    dense = tensor.detach().to_dense() if tensor.layout is not torch.strided else tensor.detach()
    wide = dense.float() if dense.dtype is torch.bfloat16 else dense
    array: np.ndarray = wide.resolve_conj().resolve_neg().numpy()
    return array
