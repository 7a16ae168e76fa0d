"""Folders and files that a command is to write: whether they can be made is checked before any work is done."""

from __future__ import annotations

from pathlib import Path

from worldprobe._util.files import existing
from worldprobe.errors import InvalidValue


def check_folder(out: Path | None, flag: str = "--out") -> None:
    """Raise InvalidValue where no folder can be made of this name: it, or a part of its path, is a file."""
    if out is None:
        return
    there = existing(out)
    if not there.is_dir():
        raise InvalidValue(flag, str(out), "a folder", f"{there} is a file.")


def check_file(path: Path | None, flag: str) -> None:
    """Raise InvalidValue where no file can be written under this name: it is a folder, or would lie beneath a file."""
    if path is None:
        return
    if path.is_dir():
        raise InvalidValue(flag, str(path), "a file", "It is a folder.")
    there = existing(path.absolute().parent)
    if not there.is_dir():
        raise InvalidValue(flag, str(path), "a file in a folder", f"{there} is a file.")
