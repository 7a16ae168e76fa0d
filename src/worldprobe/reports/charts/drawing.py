"""What every chart is drawn with: the `<svg>` around it, paths, ticks, markers.

Sizes are in SVG user units; colours, fonts and line styles come from classes of the style sheet (`c0`, `c1` ... are the
colours of regimes and objectives), so dark mode and print need no second drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.wording import number

SPAN = 3.5  # of axes that show controls, in standard deviations of the canonical N(0, 1)


def svg(width: int, height: float, title: str, desc: str, parts: Iterable[Markup], kind: str) -> Markup:
    """Return an inline `<svg>` that scales with its column and says what it shows to who cannot see it."""
    head = Markup('<svg class="{}" viewBox="0 0 {} {:.0f}" role="img"><title>{}</title><desc>{}</desc>')
    return Markup("").join(chain([head.format(kind, width, height, title, desc)], parts, [Markup("</svg>")]))


def text(x: float, y: float, said: str, classes: str = "tick", anchor: str = "start") -> Markup:
    """Return a line of text, `anchor` (start, middle, end) at (x, y)."""
    made = Markup('<text class="{}" text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>')
    return made.format(classes, anchor, x, y, said)


def tick(x: float, y: float, anchor: str, value: float) -> Markup:
    """Return the label of a whole number on an axis."""
    return text(x, y, number(int(value)), anchor=anchor)


def hits(places: Sequence[tuple[float, float, str]], top: float, bottom: float) -> list[Markup]:
    """Return an unseen strip for every (left, right, sentence): what a pointer over it is told."""
    strip = Markup('<rect class="hit" x="{:.1f}" y="{:g}" width="{:.1f}" height="{:g}"><title>{}</title></rect>')
    return [strip.format(left, top, max(right - left, 0.5), bottom - top, said) for left, right, said in places]


def path(x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"]) -> str:
    """Return the data of a path through points."""
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) if len(x) else ""


def dots(x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"]) -> str:
    """Return the data of a path that is a dot at every point.

    Zero-length strokes with round caps: ten bytes a point, and one element for the browser to paint.
    """
    return "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x, y, strict=True))


def marker(shape: int, x: float, y: float, size: float = 4.0) -> str:
    """Return the data of a closed path: a circle, a square, a triangle or a diamond about (x, y)."""
    a = size
    outlines = (
        f"M{x - a:.1f} {y:.1f}a{a} {a} 0 1 0 {2 * a} 0a{a} {a} 0 1 0 {-2 * a} 0Z",
        f"M{x - 0.87 * a:.1f} {y - 0.87 * a:.1f}h{1.74 * a:.1f}v{1.74 * a:.1f}h{-1.74 * a:.1f}Z",
        f"M{x:.1f} {y - 1.25 * a:.1f}l{1.15 * a:.1f} {2 * a:.1f}h{-2.3 * a:.1f}Z",
        f"M{x:.1f} {y - 1.3 * a:.1f}l{1.3 * a:.1f} {1.3 * a:.1f}l{-1.3 * a:.1f} {1.3 * a:.1f}"
        f"l{-1.3 * a:.1f} {-1.3 * a:.1f}Z",
    )
    return outlines[shape % len(outlines)]
