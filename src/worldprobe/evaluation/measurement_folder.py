"""A measurement in a folder: measure.json, and one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from worldprobe._util.files import atomic_write, write_json
from worldprobe.evaluation.measurement import Measurement

HERE = Path(__file__).parent


def save_measurement(found: Measurement, folder: Path) -> Path:
    """Write a measurement, whole or not at all, and return the page's path."""
    content = found.to_json()
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "measure.json", content)
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    environment.filters["number"] = _number
    page = folder / "measure.html"
    with atomic_write(page) as aside:
        aside.write_text(environment.get_template("measure.html").render(m=content), encoding="utf8")
    return page


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
