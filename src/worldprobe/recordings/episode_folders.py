"""Data sets with a folder for every episode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from worldprobe.recordings.recorded_frames import natural


def episode_folders(path: Path, holds: Callable[[Path], bool]) -> list[Path]:
    """Return the folders that hold an episode: the path itself, or those in it in the order of their numbers."""
    if not path.is_dir():
        return []
    inside = [path] if holds(path) else [entry for entry in path.iterdir() if entry.is_dir() and holds(entry)]
    return sorted(inside, key=lambda entry: natural(entry.name))
