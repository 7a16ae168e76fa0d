"""Which data sets are held in memory while an encoder trains on them, and which are read from disk step by step."""

from __future__ import annotations

import torch

from worldprobe._util.memory import total_bytes

HELD_SHARE = 0.5
"""Of the memory that may be used, what the frames of one data set may take."""


def held(frames_bytes: int, device: torch.device | None = None) -> bool:
    """Return whether frames of so many bytes are held in this process's memory, and on the GPU that `device` may be.

    Trainings take the same batches either way; only their speed and memory depend on it.
    """
    room = total_bytes()
    if device is not None and device.type == "cuda":
        gpu = torch.cuda.get_device_properties(device).total_memory
        room = gpu if room is None else min(room, gpu)
    return room is None or frames_bytes <= HELD_SHARE * room
