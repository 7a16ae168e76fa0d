"""Trajectories of the library imitation, as NPZ: `obs` and `acts` end to end, `indices` where one ends and one begins.

The layout: https://imitation.readthedocs.io, `imitation.data.types` and its `save` of before version 1.0
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.npz import BROKEN, IMITATION, Npz, OpenedNpz, is_npz, names_in
from worldprobe.recordings.problems import UnusableData, reading


@FORMATS.register("imitation")
class Imitation(Format):
    """Every trajectory has an observation more than actions; `indices` counts actions."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the names of the arrays."""
        return is_npz(path) and names_in(path) >= IMITATION

    @classmethod
    def open(cls, path: Path) -> OpenedNpz:
        """Read where the trajectories begin; raises UnusableData where `indices` does not cut the actions."""
        found = Npz.open(path)
        acts, indices = found.column("acts").rows, found.column("indices")
        with reading(path, *BROKEN), np.load(path, allow_pickle=False) as archive:
            ends = np.asarray(archive["indices"])
        if indices.shape or ends.dtype.kind not in "iu":
            raise UnusableData(path, "indices", f"they are {ends.dtype} of shape {ends.shape}, not whole numbers")
        edges = np.concatenate([[0], ends.astype(np.int64), [acts]])
        if (np.diff(edges) <= 0).any() or acts + len(edges) - 1 != found.column("obs").rows:
            problem = (
                f"{len(edges) - 1:,} trajectories of {acts:,} actions do not have {found.column('obs').rows:,} rows"
            )
            raise UnusableData(path, "indices", problem, "Every trajectory has one observation more than actions.")
        found.starts = edges[:-1] + np.arange(len(edges) - 1)
        found.starts_in_words = "indices"
        return found
