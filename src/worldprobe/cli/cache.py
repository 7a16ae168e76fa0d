"""`worldprobe cache`: what can be made again, how large it is, and its removal."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say
from worldprobe.cli.unread_options import refuse_unread

KINDS = {"datasets": "rendered frames", "rooms": "baked rooms"}
"""The folders of the cache that are worldprobe's own: nothing else in it is read or removed."""


class CacheTask(StrEnum):
    """What is done with the cache."""

    LIST = "list"
    SIZE = "size"
    CLEAN = "clean"


@dataclass(frozen=True)
class CacheEntry:
    """One file or folder of the cache."""

    path: Path
    what: str
    size: int


@app.command()
def cache(
    task: Annotated[CacheTask, typer.Argument(help="list, size, or clean (which asks first).")] = CacheTask.LIST,
    yes: Annotated[bool, typer.Option("--yes", help="With clean: do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With list and size: print JSON.")] = False,
) -> None:
    """Show or remove what is kept to save time: rendered frames and baked rooms, all of which can be made again.

    It is in the user's cache folder, or where WORLDPROBE_CACHE says.
    """
    from worldprobe._util.files import cache_dir

    if task is CacheTask.CLEAN:
        refuse_unread(["as_json"], "it is about list and size, and clean was given")
    else:
        refuse_unread(["yes"], f"it is about clean, and {task.value} was given")
    found = entries(cache_dir())
    total = sum(entry.size for entry in found)
    if task is CacheTask.CLEAN:
        if found and (yes or typer.confirm(f"Remove {len(found):,} entries, {in_words(total)}?")):
            for entry in found:
                _remove(entry.path)
            say("Removed {} entries, {}, from {}", len(found), in_words(total), cache_dir())
        return
    if as_json:
        listed = [{"path": str(entry.path), "what": entry.what, "bytes": entry.size} for entry in found]
        print(json.dumps({"folder": str(cache_dir()), "bytes": total, "entries": listed}, indent=2))
        return
    for entry in found if task is CacheTask.LIST else []:
        say("{}  {}  [dim]{}[/dim]", f"{in_words(entry.size):>10}", entry.what, entry.path.name)
    say("{} in {} entries of {}", in_words(total), len(found), cache_dir())


def entries(folder: Path) -> list[CacheEntry]:
    """Return what worldprobe keeps in a cache folder, the largest first."""
    found = [
        CacheEntry(path, _described(path, what), _size(path))
        for kind, what in KINDS.items()
        for path in ((folder / kind).iterdir() if (folder / kind).is_dir() else [])
        if path.suffix != ".lock"
    ]
    return sorted(found, key=lambda entry: (-entry.size, entry.path.name))


def in_words(size: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"


def _described(path: Path, what: str) -> str:
    """Return what an entry is: of frames, how many of which world."""
    try:
        made_from = json.loads((path / "dataset.json").read_text(encoding="utf8"))
        world, frames = made_from["world"], made_from.get("frames")
        name = world.get("room") or world.get("world") or next(iter(world))
        return f"{frames:,} frames of {name}" if isinstance(frames, int) else f"{what} of {name}"
    except (OSError, ValueError, KeyError, AttributeError, TypeError, StopIteration):
        return what


def _size(path: Path) -> int:
    if path.is_symlink() or path.is_file():
        return path.lstat().st_size
    return sum(inner.lstat().st_size for inner in path.rglob("*") if inner.is_symlink() or inner.is_file())


def _remove(path: Path) -> None:
    """Remove an entry; of a link, the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
