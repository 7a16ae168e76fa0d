"""Videos that tests encode, with frames that survive it: flat halves, whose brightness tells the row."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np


def write_video(path: Path, frames: np.ndarray, fps: int = 30, codec: str = "libx264", every: int = 2) -> Path:
    """Encode frames with a key frame every `every`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with same_scheduling(), av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"g": str(every), "crf": "10"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


@contextmanager
def same_scheduling() -> Iterator[None]:
    """Undo what SVT-AV1 does where it is root: it gives the process, and all that it starts, real-time priority."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


def assert_nearly(read: np.ndarray, written: np.ndarray) -> None:
    """Encoding costs a grey level or so; neighbouring rows differ by four in brightness, so means tell them apart."""
    assert read.dtype == np.uint8
    assert read.shape == written.shape
    for half in (np.s_[:, :, :10], np.s_[:, :, 14:]):
        off = read[half].mean(axis=(1, 2, 3)) - written[half].mean(axis=(1, 2, 3), dtype=float)
        assert np.abs(off).max() < 1.9, off
