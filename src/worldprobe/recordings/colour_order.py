"""Whether blue or red comes first in a picture: OpenCV writes blue first, and nothing in an array says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int

from worldprobe.errors import option
from worldprobe.recordings.pictures import Pictures
from worldprobe.recordings.problems import UnusableData
from worldprobe.recordings.recorded_frames import Frames

BLUE_FIRST, RED_FIRST = "bgr", "rgb"
"""What may follow the name of frames in brackets."""


def order_of(text: str, known: Iterable[str]) -> tuple[str, str | None]:
    """Return the name of frames and the order of their colours, "camera[bgr]"; None where there is no order."""
    match = re.fullmatch(rf"(.+)\[({BLUE_FIRST}|{RED_FIRST})\]", text)
    return (text, None) if match is None or text in set(known) else (match[1], match[2])


def check_order(path: Path, name: str, order: str | None) -> None:
    """Raise UnusableData for frames whose name speaks of bgr where nobody says which colour is first."""
    if order is None and re.search(r"(?<![a-z])bgr(?![a-z])", name.lower()):
        either = f"{option('frames', f'{name}[{BLUE_FIRST}]')} where it is, {option('frames', f'{name}[{RED_FIRST}]')}"
        mend = f"Pass {either} where red is, or {option('frames', 'none')}."
        raise UnusableData(path, f"frames {name!r}", "its name says that blue may be the first colour", mend)


class BlueFirst(Frames):
    """Frames whose first channel is blue, turned to red, green and blue."""

    def __init__(self, frames: Frames) -> None:
        self._frames, self.shape, self.words = frames, frames.shape, frames.words

    def __len__(self) -> int:
        return len(self._frames)

    def stamp(self) -> str:
        return f"blue first: {self._frames.stamp()}"

    def missing(self) -> Bool[np.ndarray, " rows"]:
        return self._frames.missing()

    def _read(self, rows: Int[np.ndarray, " k"]) -> Pictures:
        return np.ascontiguousarray(self._frames.read(rows)[..., ::-1])
