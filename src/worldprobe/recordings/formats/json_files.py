"""JSON files of a data set, read within bounds."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.recordings.problems import UnreadableFile

LARGEST = 64 << 20
"""Bytes of a file, unpacked, that describes frames or features."""
AGAIN = "It may be cut short: copy or record it again."


def json_of(path: Path) -> Any:
    """Return what a JSON file holds, `.gz` unpacked; raises UnreadableFile where it is none, or far too large."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise UnreadableFile(path, f"it has more than {LARGEST:,} bytes", "That is no description of frames.")
        return json.loads(content)
    except (ValueError, RecursionError, EOFError, OSError, zlib.error) as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "there is no such file" if missing else f"it is not JSON ({error})"
        raise UnreadableFile(path, reason, "" if missing else AGAIN) from error


def numbers_of(held: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return a nested list as finite numbers of a shape; None where it is anything else."""
    try:
        found = np.array(held, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.shape == shape and np.isfinite(found).all() else None
