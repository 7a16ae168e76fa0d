"""Pictures inside the page: shrunk, compressed and written as data URIs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from worldprobe._util.embedding import data_uri
from worldprobe.errors import DamagedData

QUALITIES = (88, 80, 70, 58, 45)
SHEET_COLUMNS, GAP = 8, 4  # of a contact sheet
WIDEST_TILE = 88  # pixels on the page, so that eight tiles fit a row
SMALL = 640  # pixels: up to this width a sheet of tiny frames is kept exactly and drawn with hard pixels


@dataclass(frozen=True)
class EmbeddedPicture:
    """A picture as a data URI; `hard` asks for hard pixels when it is enlarged."""

    uri: str
    width: int
    height: int
    hard: bool


def embed(path: Path, widest: int, most_bytes: int) -> EmbeddedPicture:
    """Return a picture at most `widest` pixels wide as WebP of at most about `most_bytes` (before base64).

    Small pictures stay lossless where they fit; the others take the best quality that fits, else the lowest.
    Raises DamagedData where the file is not a picture.
    """
    image = _opened(path)
    small = image.width <= SMALL
    if image.width > widest:
        image = image.resize((widest, max(1, round(image.height * widest / image.width))), Image.Resampling.LANCZOS)
    packed = _webp(image, lossless=True) if small else b""
    if not packed or len(packed) > most_bytes:
        for quality in QUALITIES:
            packed = _webp(image, quality=quality)
            if len(packed) <= most_bytes:
                break
    return EmbeddedPicture(data_uri("webp", packed), image.width, image.height, small)


@dataclass(frozen=True)
class Strip:
    """Tiles of a sheet as a data URI, the size at which it is shown, and the size of a tile in pixels."""

    uri: str
    width: int
    height: int
    tile: tuple[int, int]


def strip(path: Path, tiles: int, *, across: int, most: int = 8, first: int | None = None, exact: bool = True) -> Strip:
    """Return some tiles of a sheet that has `tiles` in rows of eight, `across` in a row.

    They are at most `most`, evenly spread over the sheet, and of these the `first`. `exact` keeps every pixel and the
    tiles' own size; else those that are too large for a row are shown smaller. Raises DamagedData where the file is not
    a picture.
    """
    sheet = _opened(path)
    columns, rows = min(SHEET_COLUMNS, tiles), -(-tiles // SHEET_COLUMNS)
    width, height = (sheet.width + GAP) // columns - GAP, (sheet.height + GAP) // rows - GAP
    chosen = list(range(tiles))[:: max(1, tiles // most)][: min(most, first or most)]
    across = min(across, len(chosen))
    down = -(-len(chosen) // across)
    page = Image.new("RGBA", (across * (width + GAP) - GAP, down * (height + GAP) - GAP))  # clear between the tiles
    for i, tile in enumerate(chosen):
        left, top = tile % SHEET_COLUMNS * (width + GAP), tile // SHEET_COLUMNS * (height + GAP)
        cut = sheet.crop((left, top, left + width, top + height))
        page.paste(cut, (i % across * (width + GAP), i // across * (height + GAP)))
    shown = 1.0 if exact else min(1.0, WIDEST_TILE / width)
    uri = data_uri("webp", _webp(page, lossless=exact))
    return Strip(uri, round(page.width * shown), round(page.height * shown), (width, height))


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as opened:
            return opened.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as fault:
        raise DamagedData(
            f"{path} is not a readable picture ({fault}). Remove it and run the study's command again."
        ) from fault


def _webp(image: Image.Image, *, lossless: bool = False, quality: int = 80) -> bytes:
    buffer = io.BytesIO()
    # Method 4, the usual one, takes twice as long for a page that is 2 % smaller.
    image.save(buffer, "WEBP", lossless=lossless, quality=quality, method=2)
    return buffer.getvalue()
