"""A session as a short animated picture, and one still of it: truth and ghosts along the path, frame and bars."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from worldprobe._util.files import atomic_write
from worldprobe.errors import WorldprobeError
from worldprobe.playing.session import Actor, Session
from worldprobe.playing.units import REACH

PANEL, MARGIN = 240, 16
"""Pixels of the column with the frame and the bars, and around what it holds."""
FRAME = 128
"""Pixels of a frame's side, enlarged by a whole number."""
BACKGROUND, INK, MUTED = (20, 20, 22), (240, 240, 238), (150, 150, 154)
FINE = 2
"""Lines are drawn this many times larger, and averaged down."""
BAR = 4
SWATCH = 12
"""Pixels of the height of a light's or a paint's colour."""
MOST_BARS = 8
"""Controls that have bars in the loop."""
MOST_BYTES = 1_000_000
QUALITIES = (72, 60, 48, 36, 24, 12)


def write_loop(session: Session, target: Path, rate: float = 15.0, most_bytes: int = MOST_BYTES) -> Path:
    """Write an animated WebP that repeats for ever, at the best quality that stays below `most_bytes`.

    `rate` is in states a second. Raises WorldprobeError where it is larger at the lowest quality too.
    """
    pictures = [picture(session, k) for k in range(len(session))]
    for quality in QUALITIES:
        packed = io.BytesIO()
        pictures[0].save(
            packed, "WEBP", save_all=True, append_images=pictures[1:], duration=round(1000 / rate), loop=0,
            quality=quality, method=4, kmax=0,
        )  # fmt: skip
        if packed.tell() < most_bytes:
            with atomic_write(target) as aside:
                aside.write_bytes(packed.getvalue())
            return target
    raise WorldprobeError(f"The loop takes {packed.tell():,} bytes, more than {most_bytes:,}. Give fewer states.")


def picture(session: Session, k: int) -> Image.Image:
    """Return one state of a session as a picture."""
    scene = None if session.scene is None else _with_actors(session, k)
    width, height = (0, 300) if scene is None else scene.size
    page = Image.new("RGB", (width + PANEL, max(height, _panel_height(session))), BACKGROUND)
    if scene is not None:
        page.paste(scene, (0, (page.height - height) // 2))
    top = _frame(page, session.observations[k], width + MARGIN)
    top = _legend(page, session.actors, width + MARGIN, top)
    _bars(page, session, k, width + MARGIN, top)
    return page


def still_of(session: Session) -> int:
    """Return the state that says most in one picture: the encoders differ most there, and all of them are seen."""
    read = np.stack([actor.z for actor in session.actors])
    spread = np.clip(read, -REACH, REACH).std(axis=0).mean(axis=1)
    if session.scene is not None and session.actors[0].points is not None:
        size = np.array(session.scene.shape[2:0:-1])
        for actor in session.actors:
            assert actor.points is not None
            with np.errstate(invalid="ignore"):
                inside = ((actor.points > 0) & (actor.points < size)).all(axis=(1, 2))
            spread = spread * np.where(inside, 1.0, 0.5)
    return int(spread.argmax())


def _with_actors(session: Session, k: int) -> Image.Image:
    assert session.scene is not None
    scene = session.scene[k % len(session.scene)]
    height, width = scene.shape[:2]
    lines = Image.new("RGBA", (width * FINE, height * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(lines)
    for actor in reversed(session.actors):
        if actor.points is None:
            continue
        points = actor.points[k] * FINE
        for first, second in session.edges:
            ends = np.concatenate([points[first], points[second]])
            if np.isfinite(ends).all():
                broad = 3 * FINE if actor is session.actors[0] else 2 * FINE
                draw.line(ends.tolist(), fill=(0, 0, 0, 90), width=broad + 2 * FINE)
                draw.line(ends.tolist(), fill=(*actor.colour, 255), width=broad)
    small = lines.resize((width, height), Image.Resampling.BOX)
    empty = (scene == 0).all(axis=2, keepdims=True)
    page = Image.fromarray(np.where(empty, np.array(BACKGROUND, dtype=np.uint8), scene))
    page.paste(small, (0, 0), small)
    return page


def _panel_height(session: Session) -> int:
    bars = min(len(session.controls), MOST_BARS) * (18 + len(session.actors) * (BAR + 1))
    bars += sum(control.name in session.swatches for control in session.controls[:MOST_BARS]) * (SWATCH + 3)
    return FRAME + len(session.actors) * 17 + bars + 4 * MARGIN


def _frame(page: Image.Image, observation: np.ndarray, left: int) -> int:
    """Draw what the encoder sees, and return where the next thing begins."""
    if observation.ndim != 3:
        return MARGIN
    height, width = observation.shape[:2]
    times = max(1, FRAME // max(height, width))
    large = Image.fromarray(observation).resize((width * times, height * times), Image.Resampling.NEAREST)
    page.paste(large, (left, MARGIN))
    _text(page, left + width * times + 10, MARGIN, f"{width} px", MUTED)
    return MARGIN + height * times + 10


def _legend(page: Image.Image, actors: Sequence[Actor], left: int, top: int) -> int:
    draw = ImageDraw.Draw(page)
    for actor in actors:
        draw.rectangle((left, top + 3, left + 9, top + 12), fill=actor.colour)
        _text(page, left + 16, top, _shortened(actor.name), INK)
        if actor.r2 is not None:
            number = f" {actor.r2:.2f}"
            left_of = page.width - MARGIN - draw.textlength(number, _font(12))
            draw.text((left_of, top), number, fill=MUTED, font=_font(12))
            draw.text((left_of, top - 1), "2", fill=MUTED, font=_font(8), anchor="ra")
            draw.text((left_of - 5, top), "R", fill=MUTED, font=_font(12), anchor="ra")
        top += 17
    return top + 8


def _bars(page: Image.Image, session: Session, k: int, left: int, top: int) -> None:
    draw, right = ImageDraw.Draw(page), page.width - MARGIN
    middle = (left + right) / 2
    for i, control in enumerate(session.controls[:MOST_BARS]):
        _text(page, left, top, control.name, MUTED)
        top += 15
        for actor in session.actors:
            end = middle + _clipped(actor.z[k], i) / REACH * (right - left) / 2
            draw.rectangle((min(middle, end), top, max(middle, end, middle + 1), top + BAR - 1), fill=actor.colour)
            top += BAR + 1
        for j, own in enumerate(session.swatches.get(control.name, ())):
            box = (left + 2 * SWATCH * j, top + 1, left + 2 * SWATCH * j + 1.6 * SWATCH, top + SWATCH)
            draw.rectangle(box, fill=tuple(own[k].tolist()), outline=session.actors[j].colour, width=2)
        top += 3 + (SWATCH + 3 if control.name in session.swatches else 0)


def _clipped(z: Float[np.ndarray, " n"], i: int) -> float:
    return float(np.clip(np.nan_to_num(z[i]), -REACH, REACH))


def _text(page: Image.Image, left: float, top: float, text: str, colour: tuple[int, int, int]) -> None:
    ImageDraw.Draw(page).text((left, top), text, fill=colour, font=_font(12))


def _shortened(name: str) -> str:
    return name if len(name) <= 20 else f"{name[:19]}…"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
