"""A bound against what it bounds, on logarithms: below the diagonal it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.report.charts.drawing import marker, svg, text
from worldprobe.report.charts.scale import Kind, Scale
from worldprobe.report.words import setting

LEAST = 1e-9  # what a logarithm can show of nothing
NAMED = 8


@dataclass(frozen=True)
class BoundPoint:
    """One run: the bound, the error that it bounds, its name, and the colour and shape of its condition."""

    bound: float
    error: float
    name: str
    colour: int
    shape: int

    @property
    def broken(self) -> bool:
        """Whether the error exceeds its bound."""
        return self.error > self.bound


def bound_chart(points: Sequence[BoundPoint], width: int, title: str, desc: str) -> Markup:
    """Draw error (up) against bound (across) on equal logarithmic axes; those that break the bound are named."""
    values = [max(v, LEAST) for p in points for v in (p.bound, p.error)]
    low, high = min(values) / 1.4, max(values) * 1.4
    height = 0.8 * width if width >= 600 else 0.95 * width
    x, y = Scale(low, high, 58, width - 12, Kind.LOG), Scale(low, high, height - 46, 12, Kind.LOG)
    side = Markup('<path class="beyond" d="M{0:.1f} {1:.1f}L{2:.1f} {3:.1f}H{0:.1f}Z"/>')
    parts = [side.format(x.start, y.start, x.end, y.end)]
    for t in x.ticks():
        grid = Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}M{:.1f} {:.1f}H{:.1f}"/>')
        parts.append(grid.format(x(t), y.start, y.end, x.start, y(t), x.end))
        parts += [text(x(t), y.start + 17, setting(t), anchor="middle"), text(50, y(t) + 4, setting(t), anchor="end")]
    parts.append(
        Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x.start, y.start, x.end, y.end)
    )
    sign = Markup('<path class="sign c{}" d="{}"><title>{}</title></path>')
    for p in sorted(points, key=lambda p: p.broken):
        said = f"{p.name}: Procrustes error {setting(p.error)}, bound {setting(p.bound)}"
        place = x(max(p.bound, LEAST)), y(max(p.error, LEAST))
        parts.append(sign.format(p.colour, marker(p.shape, *place, 3.6), said))
    parts += _names([p for p in points if p.broken][:NAMED], x, y)
    parts += [
        text(x.start, 6, "Procrustes error ↑", "axis-name"),
        text(x.end, y.start + 38, "Theorem 3’s bound →", "axis-name", "end"),
    ]
    return svg(width, height, title, desc, parts, "bound")


def _names(broken: Sequence[BoundPoint], x: Scale, y: Scale) -> list[Markup]:
    parts, free = [], float("-inf")
    for p in sorted(broken, key=lambda p: -p.error):
        place = x(max(p.bound, LEAST))
        free = max(y(max(p.error, LEAST)) + 4, free + 13)
        right = place > (x.start + x.end) / 2
        parts.append(text(place - 8 if right else place + 8, free, p.name, "said", "end" if right else "start"))
    return parts
