"""`worldprobe play RUN --export`: a session as a page, as a loop, or both beside a still, by the target's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from worldprobe._util.files import atomic_write
from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.playing.session import record
from worldprobe.playing.session_loop import picture, still_of, write_loop
from worldprobe.playing.session_page import write_page

LOOP_STATES, PAGE_STATES = 72, 180
LOOP_RATE = 12.0
PAGE, LOOP, STILL = "play.html", "play.webp", "play-still.webp"
"""What a folder is given; the report shows them where it finds them."""


def export(
    folder: str | Path,
    target: str | Path,
    *,
    encoders: Sequence[str] = (),
    path: str | None = None,
    states: int | None = None,
) -> list[Path]:
    """Write a session of a results folder that plays without a server, and return the files.

    A `target` that ends in .html becomes one page, in .webp an animated picture below 1 MB; a folder gets both and a
    still, under the names that the report looks for. `path` and `states` as for `record`. Raises as it, and
    InvalidValue for another target.
    """
    target = Path(target)
    if target.suffix not in (".html", ".webp") and not target.is_dir():
        raise InvalidValue("export", str(target), "a file that ends in .html or .webp, or a folder that exists")
    if not target.is_dir() and not target.parent.is_dir():
        raise WorldprobeError(f"{target} cannot be written: there is no folder {target.parent}.")
    if target.suffix == ".html":
        return [write_page(record(Path(folder), encoders=encoders, path=path, states=states or PAGE_STATES), target)]
    short = record(Path(folder), encoders=encoders, path=path, states=states or LOOP_STATES, measured=True)
    if target.suffix == ".webp":
        return [write_loop(short, target, LOOP_RATE)]
    with atomic_write(target / STILL) as aside:
        picture(short, still_of(short)).save(aside, "WEBP", quality=88, method=4)
    long = record(Path(folder), encoders=encoders, path=path, states=states or PAGE_STATES)
    return [write_page(long, target / PAGE), write_loop(short, target / LOOP, LOOP_RATE), target / STILL]
