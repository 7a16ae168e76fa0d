"""A panel of a few bars, each under its own name: what one point of an axis of words looks like."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from worldprobe.reports.charts.bars import Bar, bar_body
from worldprobe.reports.charts.drawing import svg, text
from worldprobe.reports.charts.scale import Scale
from worldprobe.reports.words import ratio

WIDTH, ROW, HEIGHT = 250, 40, 12


def bullets(bars: Sequence[Bar], low: float, title: str, desc: str) -> Markup:
    """Draw bars of R^2 from `low` (0, or below) to 1 on a rail each; the name above it, and at the right the value."""
    x = Scale(low, 1.0, 0, WIDTH)
    parts: list[Markup] = []
    for number, bar in enumerate(bars):
        top = ROW * number + 20
        rail = Markup('<rect class="rail" x="0" y="{}" width="{}" height="{}" rx="2"/>').format(top, WIDTH, HEIGHT)
        zero = Markup('<path class="axis" d="M{:.1f} {}v{}"/>').format(x(0.0), top - 2, HEIGHT + 4)
        names = text(0, top - 6, bar.name, "name"), text(WIDTH, top - 6, ratio(bar.value), "value", "end")
        parts += [rail, zero, bar_body(x, bar, top, HEIGHT), *names]
    return svg(WIDTH, ROW * len(bars), title, desc, parts, "bullets")
