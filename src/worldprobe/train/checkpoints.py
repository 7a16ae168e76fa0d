"""Checkpoints: the whole state of a training, written whole, and refused where it belongs to another training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from worldprobe._util.files import atomic_write
from worldprobe._util.torch_files import Unloadable, load_plain
from worldprobe.errors import DamagedData, StudyChanged


def save_checkpoint(path: Path, identity: str, state: dict[str, Any]) -> None:
    """Write `state`; a process killed meanwhile leaves the file that was there before."""
    with atomic_write(path) as aside:
        torch.save({"identity": identity, "state": state}, aside)


def load_checkpoint(path: Path, identity: str) -> dict[str, Any]:
    """Return the state that `save_checkpoint` wrote, tensors on the CPU.

    Raises DamagedData where the file cannot be read, StudyChanged where it was written under another identity.
    """
    try:
        content = load_plain(path)
        written_by, state = content["identity"], content["state"]
    except (Unloadable, OSError, KeyError, TypeError) as error:
        raise DamagedData(
            f"The checkpoint {path} cannot be read ({error}). Delete it to train from the start."
        ) from error
    if written_by != identity:
        raise StudyChanged(
            f"The checkpoint {path} belongs to a training with another objective, data, seed or settings. "
            "Delete it to train from the start, or give another folder."
        )
    loaded: dict[str, Any] = state
    return loaded
