"""TD-MPC2: a `.pt` file with tensors of (episodes, rows, ...): `obs`, `action`, `reward`, `task`.

The layout: https://github.com/nicklashansen/tdmpc2, tdmpc2/trainer/offline_trainer.py and online_trainer.py (`to_td`)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.problems import UnreadableFile, UnusableData
from worldprobe.recordings.tensor_files import SUFFIXES, read_tensors

NAMES = {"task": "task_index"}
"""What columns are called here: a task is no state."""
MEND = "Only tensors in a dictionary are read, nothing is executed: torch.save(data.to_dict(), path) writes that."


@FORMATS.register("td-mpc2")
class TdMpc2(Format):
    """Plain tensors in a dictionary; whatever else a `.pt` file holds would have to be executed, and is refused."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the suffix."""
        return path.is_file() and path.suffix.lower() in SUFFIXES

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
    """Return the tensors of a dictionary as arrays; nothing in the file is executed."""
    held = read_tensors(path, MEND)
    if not isinstance(held, dict):
        raise UnreadableFile(path, "it holds a single tensor", MEND)
    return held
