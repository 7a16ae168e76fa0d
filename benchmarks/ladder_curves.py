"""docs/img/ladder.svg: small curves of results/ladder.json, one for every assumption that is broken.

python benchmarks/ladder_curves.py
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from machine import RESULTS

PICTURE = Path(__file__).parents[1] / "docs" / "img" / "ladder.svg"
COLUMNS, WIDTH, HEIGHT, ACROSS, DOWN = 4, 230, 190, 170, 110
LEFT, TOP = 40, 40
COLOURS = {"pass": "#2a7f3f", "warn": "#c98a00", "fail": "#b3261e"}


def draw(document: dict[str, Any], to: Path = PICTURE) -> None:
    """Draw trained R^2 (mean, range over seeds), predicted R^2 with its interval, and the verdict at each severity."""
    clean, names = document["rows"][0], list(document["scales"])
    height = HEIGHT * -(-len(names) // COLUMNS) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * COLUMNS} {height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for place, name in enumerate(names):
        rows = [clean, *(row for row in document["rows"] if row["violation"] == name)]
        x, y = WIDTH * (place % COLUMNS), HEIGHT * (place // COLUMNS)
        parts += [f'<g transform="translate({x},{y})">', *_panel(name, document["scales"][name], rows), "</g>"]
    parts += [_legend(height - 10), "</svg>"]
    to.write_text("\n".join(parts) + "\n", encoding="utf8")


def _panel(name: str, scale: str, rows: list[dict[str, Any]]) -> list[str]:
    def at(severity: float, value: float) -> str:
        return f"{LEFT + ACROSS * severity:.1f},{TOP + DOWN * (1.0 - min(max(value, 0.0), 1.0)):.1f}"

    low = [at(row["severity"], min(row["trained"])) for row in rows]
    high = [at(row["severity"], max(row["trained"])) for row in rows]
    mean = [at(row["severity"], sum(row["trained"]) / len(row["trained"])) for row in rows]
    canonical = [at(row["severity"], sum(row["canonical"]) / len(row["canonical"])) for row in rows]
    known = [row for row in rows if row["predicted"] is not None]
    predicted = [at(row["severity"], row["predicted"]) for row in known]
    parts = [
        f'<text x="{LEFT}" y="16" font-weight="bold">{escape(name)}</text>',
        f'<text x="{LEFT}" y="30" fill="#666666">{escape(scale)}</text>',
        f'<path d="M{LEFT},{TOP}V{TOP + DOWN}H{LEFT + ACROSS}" fill="none" stroke="#999999"/>',
        *(
            f'<text x="{LEFT - 6}" y="{TOP + DOWN * (1 - v) + 4:.0f}" text-anchor="end">{v:g}</text>'
            for v in (0, 0.5, 1)
        ),
        f'<polygon points="{" ".join(low + high[::-1])}" fill="#1f5fa8" opacity="0.2"/>',
        f'<polyline points="{" ".join(mean)}" fill="none" stroke="#1f5fa8" stroke-width="2"/>',
        f'<polyline points="{" ".join(canonical)}" fill="none" stroke="#1f5fa8" stroke-dasharray="1 3"/>',
        f'<polyline points="{" ".join(predicted)}" fill="none" stroke="#222222" stroke-dasharray="5 3"/>',
    ]
    for row in known:
        (x, one), (_, two) = (at(row["severity"], end).split(",") for end in row["predicted ci95"])
        parts.append(f'<path d="M{x},{one}V{two}" stroke="#222222"/>')
    for row in rows:
        x = LEFT + ACROSS * row["severity"]
        parts.append(f'<circle cx="{x:.1f}" cy="{TOP + DOWN + 14}" r="4" fill="{COLOURS[row["verdict"]]}"/>')
    return parts


def _legend(y: float) -> str:
    words = (
        "blue: trained R², mean and range over seeds (dotted: on canonical points); "
        "dashed: predicted, 95 % interval; circles: the audit: "
    )
    verdicts = "".join(f'<tspan fill="{colour}"> ● {verdict}</tspan>' for verdict, colour in COLOURS.items())
    return f'<text x="{LEFT}" y="{y}">{words}{verdicts}</text>'


if __name__ == "__main__":
    draw(json.loads((RESULTS / "ladder.json").read_text(encoding="utf8")))
