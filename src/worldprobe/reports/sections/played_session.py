"""Truth and beliefs along one path: the loop that `worldprobe play RUN --export RUN` leaves, linked to its page."""

from __future__ import annotations

from markupsafe import Markup
from PIL import Image, UnidentifiedImageError

from worldprobe._util.embedding import data_uri
from worldprobe.errors import DamagedData
from worldprobe.reports.embedded_pictures import embed
from worldprobe.reports.html_blocks import Section
from worldprobe.reports.results_folder import ResultsFolder

LOOP, STILL, PAGE = "play.webp", "play-still.webp", "play.html"
MOST_BYTES = 1_000_000
STILL_WIDTH, STILL_BYTES = 840, 120_000
WRITE = "Write it again with `worldprobe play RUN --export RUN`."


def has_session(folder: ResultsFolder) -> bool:
    """Whether a session was exported into the folder."""
    return (folder.path / LOOP).is_file() and (folder.path / STILL).is_file()


def played_session(folder: ResultsFolder) -> Section:
    """Show the loop, or its still where motion is unwanted; raises DamagedData where they are no pictures."""
    still = embed(folder.path / STILL, STILL_WIDTH, STILL_BYTES)
    page = folder.path / PAGE
    picture = Markup(
        '<picture><source media="(prefers-reduced-motion: reduce), print" srcset="{}">'
        '<img class="soft" src="{}" width="{}" height="{}" alt="{}"></picture>'
    ).format(still.uri, _loop(folder), still.width, still.height, "Truth and beliefs of the encoders along one path.")
    linked = Markup('<a href="{}">{}</a>').format(PAGE, picture) if page.is_file() else picture
    said = "The picture opens play.html, next to this report, where the path can be played state by state."
    block = Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(linked, said if page.is_file() else "")
    lead = (
        "Along one path: the truth in white, and in each encoder's colour what a linear probe reads off its embedding. "
        "The command worldprobe play serves the same with sliders."
    )
    return Section("played", "Where the encoders believe it to be", lead, (block,), nav="Beliefs")


def _loop(folder: ResultsFolder) -> str:
    """Return the animated picture as a data URI, unchanged."""
    path = folder.path / LOOP
    packed = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
    try:
        with Image.open(path) as opened:
            kind = opened.format
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise DamagedData(f"{path} is not a readable picture ({error}). {WRITE}") from None
    if kind != "WEBP" or not packed:
        raise DamagedData(f"{path} is not a WebP picture of at most {MOST_BYTES:,} bytes. {WRITE}")
    return data_uri("webp", packed)
