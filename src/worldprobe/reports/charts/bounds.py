"""A bound against what it bounds, on logarithms: below the diagonal it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.charts.drawing import marker, svg, text
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.words import setting

LEAST = 1e-9  # what a logarithm can show of nothing
NAMED = 3  # most runs that are named in the chart; more names than that lie on each other


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
    """Draw error (up) against bound (across), both in logarithms; above the diagonal, shaded, the bound is broken."""
    height = 0.8 * width if width >= 600 else 0.95 * width
    x, y = _scales(points, width, height)
    parts = [_beyond(x, y)]
    for t in x.ticks():
        parts.append(Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>').format(x(t), y.start, y.end))
        parts.append(text(x(t), y.start + 17, setting(t), anchor="middle"))
    for t in y.ticks():
        parts.append(Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x.start, y(t), x.end))
        parts.append(text(50, y(t) + 4, setting(t), anchor="end"))
    sign = Markup('<path class="sign c{}" d="{}"><title>{}</title></path>')
    for p in sorted(points, key=lambda p: p.broken):
        said = f"{p.name}: Procrustes error {p.error:.3g}, bound {p.bound:.3g}"
        parts.append(sign.format(p.colour, marker(p.shape, x(p.bound), y(p.error), 3.6), said))
    parts += _names([p for p in points if p.broken], x, y)
    parts += [
        text(x.start, 6, "Procrustes error ↑", "axis-name"),
        text(x.end, y.start + 38, "Theorem 3’s bound →", "axis-name", "end"),
    ]
    return svg(width, height, title, desc, parts, "bound")


def _scales(points: Sequence[BoundPoint], width: float, height: float) -> tuple[Scale, Scale]:
    """Return scales that show all points and a piece of the diagonal."""
    bounds, errors = (
        [max(v, LEAST) for v in values] for values in zip(*((p.bound, p.error) for p in points), strict=True)
    )
    top = max(*errors, 3 * min(bounds))
    x = Scale(min(bounds) / 1.4, max(bounds) * 1.4, 58, width - 12, ScaleKind.LOG)
    return x, Scale(min(errors) / 1.4, top * 1.4, height - 46, 12, ScaleKind.LOG)


def _beyond(x: Scale, y: Scale) -> Markup:
    """Draw the diagonal as far as both axes show it, and shade what lies above it."""
    low, high = max(x.low, y.low), min(x.high, y.high)
    shade = Markup('<path class="beyond" d="M{0:.1f} {1:.1f}V{2:.1f}L{3:.1f} {4:.1f}V{5:.1f}H{0:.1f}Z"/>')
    line = Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x(low), y(low), x(high), y(high))
    return shade.format(x(low), y.end, y(low), x(high), y(high), y.end) + line


def _names(broken: Sequence[BoundPoint], x: Scale, y: Scale) -> list[Markup]:
    """Name those that break the bound, in the empty room above them; nobody where they are many."""
    parts, free = [], float("inf")
    for p in sorted(broken, key=lambda p: p.error) if len(broken) <= NAMED else ():
        free = min(y(p.error) - 9, free - 14)
        right = x(p.bound) > (x.start + x.end) / 2
        parts.append(text(x(p.bound), max(free, 24.0), p.name, "said", "end" if right else "start"))
    return parts
