"""Pictures inside the page: shrunk, compressed and written as data URIs."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from worldprobe.errors import DamagedData

QUALITIES = (88, 80, 70, 58, 45)
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
    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as fault:
        raise DamagedData(
            f"{path} is not a readable picture ({fault}). Remove it and run the study's command again."
        ) from fault
    small = image.width <= SMALL
    if image.width > widest:
        image = image.resize((widest, max(1, round(image.height * widest / image.width))), Image.Resampling.LANCZOS)
    packed = _webp(image, lossless=True) if small else b""
    if not packed or len(packed) > most_bytes:
        for quality in QUALITIES:
            packed = _webp(image, quality=quality)
            if len(packed) <= most_bytes:
                break
    uri = "data:image/webp;base64," + base64.b64encode(packed).decode("ascii")
    return EmbeddedPicture(uri, image.width, image.height, small)


def _webp(image: Image.Image, *, lossless: bool = False, quality: int = 80) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=lossless, quality=quality, method=4)
    return buffer.getvalue()
