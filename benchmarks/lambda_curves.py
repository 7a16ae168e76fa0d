"""Recovery over the weight of SIGReg in three worlds, from what is recorded, and docs/img/lambda.svg.

worldprobe run benchmarks/lambda_windows_room.yaml --out ROOM
python benchmarks/over_seeds.py ROOM lambda-windows-room "worldprobe run benchmarks/lambda_windows_room.yaml"
worldprobe run benchmarks/lambda_windows_arm.yaml --out ARM
python benchmarks/over_seeds.py ARM lambda-windows-arm "worldprobe run benchmarks/lambda_windows_arm.yaml"
python benchmarks/reproduce.py lambda-rho-grid
python benchmarks/lambda_curves.py     # the picture; the tables are written with every other
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from math import log10
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.train.lambda_window import LambdaWindow, lambda_window

RESULTS = Path(__file__).parent / "results"
PICTURE = Path(__file__).parents[1] / "docs" / "img" / "lambda.svg"
BATCH = 256
"""Pairs in a batch, in all of these studies."""
COLUMNS, WIDTH, HEIGHT, ACROSS, DOWN, LEFT, TOP = 4, 230, 180, 170, 100, 40, 34
WEAKEST, STRONGEST = -6.0, 0.0
"""Ends of the axis of every curve, as powers of ten."""


@dataclass(frozen=True)
class Curve:
    """R^2 of trained encoders over lambda, every seed's, at one pair correlation."""

    name: str
    rho: float
    lambdas: np.ndarray
    seeds: list[list[float]]

    @cached_property
    def r2(self) -> np.ndarray:
        """The mean over seeds."""
        return np.array([np.mean(each) for each in self.seeds])

    @property
    def window(self) -> LambdaWindow:
        """What is known of it before training."""
        return lambda_window(self.rho, BATCH)

    def at(self, weight: float) -> float:
        """Return R^2 between the weights that were trained, linear in log lambda."""
        return float(np.interp(log10(weight), np.log10(self.lambdas), self.r2))

    def beside(self, weight: float) -> list[tuple[float, float]]:
        """Return lambda and R^2 of the trained weights on either side."""
        place = int(np.clip(np.searchsorted(self.lambdas, weight), 1, len(self.lambdas) - 1))
        return [(float(self.lambdas[i]), float(self.r2[i])) for i in (place - 1, place)]


def curves() -> list[Curve]:
    """Return every recorded curve: the room, the arm, the spiral of short and of long trainings."""
    found = []
    for world in ("room", "arm"):
        rows = [row for row in _read(f"lambda-windows-{world}.json")["rows"] if row["role"] == "measured"]
        found.append(_curve(world, 1.0 - rows[0]["optimum"] / 2.0, rows))
    for steps, preset in (("1,500", "cpu"), ("20,000", "gpu")):
        rows = [row for row in _read(f"lambda-rho-grid-{preset}.json")["rows"] if row["role"] == "measured"]
        for rho in sorted({row["axes"]["rho"] for row in rows}):
            found.append(_curve(f"spiral, {steps} steps", rho, [row for row in rows if row["axes"]["rho"] == rho]))
    return found


def _curve(name: str, rho: float, rows: list[dict[str, Any]]) -> Curve:
    ordered = sorted(rows, key=lambda row: row["axes"]["lambda"])
    each = [row.get("r2_per_seed") or [row["r2"]] for row in ordered]
    return Curve(name, round(rho, 6), np.array([row["axes"]["lambda"] for row in ordered]), each)


def _read(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / file).read_text(encoding="utf8"))
    return found


def draw(shown: list[Curve], to: Path = PICTURE) -> None:
    """Draw a panel for every curve: mean and range over seeds, the window, and the weight of `lambda: auto`."""
    height = HEIGHT * -(-len(shown) // COLUMNS) + 26
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * COLUMNS} {height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for place, curve in enumerate(shown):
        at = WIDTH * (place % COLUMNS), HEIGHT * (place // COLUMNS)
        parts += [f'<g transform="translate({at[0]},{at[1]})">', *_panel(curve), "</g>"]
    words = "blue: trained R², mean and range over seeds; grey: outside the window; dashed: lambda: auto"
    parts += [f'<text x="{LEFT}" y="{height - 8}">{words}</text>', "</svg>"]
    to.write_text("\n".join(parts) + "\n", encoding="utf8")


def _panel(curve: Curve) -> list[str]:
    def across(weight: float) -> float:
        return round(LEFT + ACROSS * (log10(weight) - WEAKEST) / (STRONGEST - WEAKEST), 1)

    def at(weight: float, r2: float) -> str:
        return f"{across(weight):.1f},{TOP + DOWN * (1.0 - min(max(r2, 0.0), 1.0)):.1f}"

    window, ends = curve.window, (LEFT, LEFT + ACROSS)
    low, high = across(window.collapse), across(window.drowned)
    reach = [[at(w, pick(each)) for w, each in zip(curve.lambdas, curve.seeds, strict=True)] for pick in (min, max)]
    mean = [at(w, r2) for w, r2 in zip(curve.lambdas, curve.r2, strict=True)]
    return [
        f'<text x="{LEFT}" y="14" font-weight="bold">{curve.name}</text>',
        f'<text x="{LEFT}" y="28" fill="#666666">pair correlation {curve.rho:g}</text>',
        *(
            f'<rect x="{start}" y="{TOP}" width="{end - start:.1f}" height="{DOWN}" fill="#e4e4e4"/>'
            for start, end in ((ends[0], low), (high, ends[1]))
        ),
        f'<path d="M{LEFT},{TOP}V{TOP + DOWN}H{ends[1]}" fill="none" stroke="#999999"/>',
        *(f'<text x="{LEFT - 6}" y="{TOP + DOWN * (1 - v) + 4:.0f}" text-anchor="end">{v:g}</text>' for v in (0, 1)),
        *(
            f'<text x="{across(10.0**k)}" y="{TOP + DOWN + 14}" text-anchor="middle">1e{k:.0f}</text>'
            for k in (-6, -4, -2)
        ),
        f'<polygon points="{" ".join(reach[0] + reach[1][::-1])}" fill="#1f5fa8" opacity="0.2"/>',
        f'<polyline points="{" ".join(mean)}" fill="none" stroke="#1f5fa8" stroke-width="2"/>',
        f'<path d="M{across(window.middle)},{TOP}V{TOP + DOWN}" stroke="#222222" stroke-dasharray="4 3"/>',
    ]


if __name__ == "__main__":
    draw(curves())
