"""Minari: one HDF5 file, one group `episode_K` an episode, with an observation more than there are actions.

The layout: https://minari.farama.org/content/dataset_standards
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.episodes import starts_of_lengths
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.hdf5 import Hdf5Piece, arrays, group_of, holds_group, is_hdf5, opened
from worldprobe.recordings.formats.hdf5_episodes import OpenedSteps, whole_column
from worldprobe.recordings.problems import UnusableData

if TYPE_CHECKING:
    import h5py

EPISODE = re.compile(r"episode_(\d+)")
INSIDE = Path("data") / "main_data.hdf5"


def episodes_of(file: h5py.File) -> list[str]:
    """Return the names of the episodes in the order of their numbers, where they are laid out as Minari does."""
    found = [name for name in file if EPISODE.fullmatch(name)]
    if (
        not found
        or not holds_group(file, found[0])
        or not all(part in file[found[0]] for part in ("observations", "actions"))
    ):
        return []
    return sorted(found, key=lambda name: int(name.removeprefix("episode_")))


@FORMATS.register("minari")
class Minari(Format):
    """Rows are observations; the last of an episode has no action, which is NaN there, and no reward."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the groups in the file, or in the folder's `data/main_data.hdf5`."""
        file = _file(path)
        if not is_hdf5(file):
            return False
        with opened(file) as handle:
            return bool(episodes_of(handle))

    @classmethod
    def open(cls, path: Path) -> OpenedSteps:
        """Read the lengths of all episodes and the arrays of the first; UnusableData where one has no steps."""
        path = _file(path)
        with opened(path) as file:
            episodes = episodes_of(file)
            groups = [group_of(file, name) for name in episodes]
            steps = [len(group["truncations" if "truncations" in group else "rewards"]) for group in groups]
            first = arrays(groups[0])
        if not min(steps):
            raise UnusableData(path, episodes[int(np.argmin(steps))], "it has no steps", "Leave the episode out.")
        rows = sum(steps) + len(steps)
        columns: list[Column] = []
        pieces: dict[str, list[Hdf5Piece]] = {}
        for column in first:
            longer = column.rows - steps[0]
            if longer not in (0, 1):
                continue
            pieces[column.name] = [
                Hdf5Piece(f"{name}/{column.name}", count + longer) for name, count in zip(episodes, steps, strict=True)
            ]
            number = column.kind is ColumnKind.NUMBER and not longer
            columns.append(replace(column, rows=rows, type="float64" if number else column.type))
        columns = [
            column for column in columns if column.kind is ColumnKind.NUMBER or whole_column(pieces, column, rows)
        ]
        found = OpenedSteps(path, columns, pieces)
        starts = starts_of_lengths([count + 1 for count in steps])
        found.starts, found.starts_in_words = starts, "episode_K"
        found.words = f"{len(steps):,} episodes, each with an observation after its last action"
        return found


def _file(path: Path) -> Path:
    return path / INSIDE if (path / INSIDE).is_file() else path
