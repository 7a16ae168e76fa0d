"""Recordings whose numbers are small enough to be parsed at once; their pictures are read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from worldprobe.recordings.columns import Column
from worldprobe.recordings.formats.format import Opened
from worldprobe.recordings.recorded_frames import Frames


class OpenedArrays(Opened):
    """Columns with their values; a column of pictures has a function that opens them."""

    def __init__(
        self,
        path: Path,
        columns: Iterable[Column],
        values: Mapping[str, np.ndarray],
        pictures: Mapping[str, Callable[[], Frames]] | None = None,
    ) -> None:
        super().__init__(path, columns)
        self._values, self._pictures = values, pictures or {}

    def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return whole columns."""
        return {name: self._values[name] for name in names}

    def frames(self, name: str) -> Frames:
        """Return a column of pictures."""
        return self._pictures[name]()
