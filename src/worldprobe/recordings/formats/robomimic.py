"""robomimic: one HDF5 file, one group `data/demo_K` an episode, observations under `obs/`.

The layout: https://robomimic.github.io/docs/datasets/overview.html
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from worldprobe.recordings.columns import acts
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.hdf5 import OpenedHdf5, arrays, group_of, holds_group, is_hdf5, opened
from worldprobe.recordings.formats.hdf5_episodes import steps_of
from worldprobe.recordings.problems import UnusableData

if TYPE_CHECKING:
    import h5py

DEMO = re.compile(r"demo_(\d+)")


def demos_of(file: h5py.File) -> list[str]:
    """Return the names of the demos in the order of their numbers (demo_2 before demo_10)."""
    numbered = [name for name in (file["data"] if holds_group(file, "data") else ()) if DEMO.fullmatch(name)]
    return sorted(numbered, key=lambda name: int(name.removeprefix("demo_")))


@FORMATS.register("robomimic")
class Robomimic(Format):
    """Columns are named as in a demo ("obs/robot0_eef_pos"); `next_obs` repeats `obs` and is left out."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Return whether it is an HDF5 file with a group `data/demo_K`; raises UnreadableFile where it is not whole."""
        if not is_hdf5(path):
            return False
        with opened(path) as file:
            return bool(demos_of(file))

    @classmethod
    def open(cls, path: Path) -> OpenedHdf5:
        """Read the lengths of all demos and the arrays of the first; raises UnusableData for a demo without steps.

        Observations may have one row more, after the last action.
        """
        with opened(path) as file:
            demos = demos_of(file)
            lengths = [_steps(path, group_of(file["data"], demo)) for demo in demos]
            first = [column for column in arrays(file["data"][demos[0]]) if not column.name.startswith("next_obs/")]
            if any(column.rows == lengths[0] + 1 and column.name.startswith("obs/") for column in first):
                lengths = [length + 1 for length in lengths]
            masks = len(file.get("mask") or ())
        columns = [each for each in first if each.rows == lengths[0] or (acts(each) and each.rows == lengths[0] - 1)]
        found = steps_of(path, [f"data/{demo}" for demo in demos], columns, lengths)
        found.starts_in_words = "data/demo_K"
        unapplied = f", none of its {masks} masks applied" if masks else ""
        found.words = f"all demos{unapplied}{found.words}"
        return found


def _steps(path: Path, demo: h5py.Group) -> int:
    actions = demo.get("actions")
    said = demo.attrs.get("num_samples", None if actions is None else len(actions))
    if not said:
        problem = "it has neither num_samples nor actions" if said is None else "it has no steps"
        raise UnusableData(path, demo.name.lstrip("/"), problem, "Was the file written to its end?")
    return int(said)
