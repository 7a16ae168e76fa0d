"""Files that appear whole or not at all, hashes of what made them, and where caches live."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs

from worldprobe.errors import WorldprobeError


def cache_dir() -> Path:
    """Return the folder for what can be made again: `$WORLDPROBE_CACHE`, else the user's cache folder."""
    return Path(os.environ.get("WORLDPROBE_CACHE") or platformdirs.user_cache_dir("worldprobe"))


def inside(folder: Path, *names: str) -> Path:
    """Return the path of a file under `folder` whose names come from data: each is one name, never a way out.

    Raises WorldprobeError for an empty name, `.`, `..`, and one with a separator or NUL.
    """
    for name in names:
        if name in ("", ".", "..") or any(character in name for character in "/\\\0"):
            raise WorldprobeError(f"{name!r} cannot be the name of a file in {folder}: it would lie outside of it.")
    return folder.joinpath(*names)


def existing(path: Path) -> Path:
    """Return a path, or the nearest one above it that exists."""
    return next(each for each in (path, *path.absolute().parents) if each.exists())


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`; on success sync it and rename it to `path`, else remove it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield aside
        with open(aside, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN and infinity are refused with a ValueError."""
    text = json.dumps(value, indent=2, allow_nan=False)
    with atomic_write(path) as aside:
        aside.write_text(text + "\n", encoding="utf8")


def content_key(value: Any) -> str:
    """Return 16 hex digits that identify a JSON-able value, independent of its keys' order."""
    canonical = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
