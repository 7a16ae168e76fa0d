"""A session as one HTML file that plays by itself: no server, nothing from the network."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from worldprobe._util.embedding import data_uri, script_hash
from worldprobe._util.files import atomic_write
from worldprobe.playing.palette import css
from worldprobe.playing.session import Actor, Session
from worldprobe.playing.units import REACH, physical

HERE = Path(__file__).parent
COLUMNS = 30
"""Frames in a row of the sheet that holds all of them."""
QUALITY, CLOSER = 82, 45
"""Of the picture from outside, and of one of many: WebP's."""
RATE = 15
"""States a second."""


def write_page(session: Session, target: Path) -> Path:
    """Write a session's page, whole or not at all, and return its path."""
    script = (HERE / "session.js").read_text(encoding="utf8")
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("session.html").render(
        title=session.title,
        path=session.path,
        states=len(session),
        style=Markup((HERE / "session.css").read_text(encoding="utf8")),
        script=Markup(script),
        script_hash=script_hash(script),
        data=Markup(_as_script(contents(session))),
    )
    with atomic_write(target) as aside:
        aside.write_text(page, encoding="utf8")
    return target


def contents(session: Session) -> dict[str, Any]:
    """Return what the page's script draws, JSON-able."""
    drawn = session.observations.ndim == 4
    truth = session.actors[0].z
    return {
        "rate": RATE,
        "reach": REACH,
        "controls": [
            {
                "name": c.name,
                "unit": c.unit,
                "values": [float(f"{physical(c, float(z)):.3g}") for z in truth[:, i]],
                "swatches": _swatches(session, c.name),
            }
            for i, c in enumerate(session.controls)
        ],
        "actors": [_actor(actor) for actor in session.actors],
        "edges": [list(edge) for edge in session.edges],
        "scene": None if session.scene is None else _scene(session.scene),
        "frames": _sheet(session.observations) if drawn else None,
        "vectors": None if drawn else np.round(session.observations[:, :12].astype(float), 2).tolist(),
    }


def _actor(actor: Actor) -> dict[str, Any]:
    points = None
    if actor.points is not None:
        points = [[None if not np.isfinite(p).all() else [round(float(v), 1) for v in p] for p in state]
                  for state in actor.points]  # fmt: skip
    name = actor.name if actor.r2 is None else f"{actor.name}, R² {actor.r2:.2f}"
    z = np.round(np.nan_to_num(actor.z.astype(float)), 3).tolist()
    return {"name": name, "colour": css(actor.colour), "z": z, "points": points}


def _swatches(session: Session, control: str) -> list[list[str]]:
    """Return every actor's colours of a light or a paint along the path; nothing for other controls."""
    return [[css((red, green, blue)) for red, green, blue in own.tolist()] for own in session.swatches.get(control, ())]


def _scene(pictures: UInt8[np.ndarray, "pictures H W 3"]) -> dict[str, Any]:
    """Return the pictures from outside; many of them are packed closer, lest a page of them take minutes to load."""
    packed = [_picture(one, lossless=False, quality=QUALITY if len(pictures) == 1 else CLOSER) for one in pictures]
    return {**packed[0], "uris": [one["uri"] for one in packed], "uri": None}


def _sheet(frames: np.ndarray) -> dict[str, Any]:
    """Return all frames in one picture, every pixel kept, and how they lie in it."""
    count, height, width = frames.shape[:3]
    rows = -(-count // COLUMNS)
    sheet = np.zeros((rows * height, COLUMNS * width, 3), dtype=np.uint8)
    for k, frame in enumerate(frames):
        top, left = k // COLUMNS * height, k % COLUMNS * width
        sheet[top : top + height, left : left + width] = frame
    return {**_picture(sheet, lossless=True), "columns": COLUMNS, "tile": [width, height]}


def _picture(pixels: np.ndarray, *, lossless: bool, quality: int = QUALITY) -> dict[str, Any]:
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "WEBP", lossless=lossless, quality=quality, method=4)
    return {"uri": data_uri("webp", packed.getvalue()), "width": pixels.shape[1], "height": pixels.shape[0]}


def _as_script(value: Any) -> str:
    """Return JSON that may stand in a script element: nothing in it can end the element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
