"""What runs came to against their R^2: one marker a run, one level that nothing beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.charts.drawing import marker, svg, text
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.words import number

WIDTH, HEIGHT = 320, 250
R2_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
COST_TICKS = (1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
SHARE_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class AgainstPoint:
    """One run: its R^2, what it came to, its name, and how its condition is drawn (`empty`: a floor or ceiling)."""

    r2: float
    value: float
    name: str
    colour: int
    shape: int
    empty: bool = False


def cost_chart(points: Sequence[AgainstPoint], level: float, title: str, desc: str) -> Markup:
    """Draw costs, 1 and more, in logarithms; `level` is the oracle's."""
    top = max([1.15, 1.1 * level, *(1.05 * p.value for p in points)])
    y = Scale(0.985, top, HEIGHT - 40, 16, ScaleKind.LOG)
    ticks = [t for t in COST_TICKS if t <= top]
    apart = [t for i, t in enumerate(ticks) if i == 0 or y(ticks[0]) - y(t) >= 20]
    return _chart(points, y, {t: number(t, 2) for t in apart}, level, title, desc)


def share_chart(points: Sequence[AgainstPoint], level: float, title: str, desc: str) -> Markup:
    """Draw shares, 0 to 1, as percentages; `level` is the oracle's."""
    y = Scale(-0.02, 1.02, HEIGHT - 40, 16)
    return _chart(points, y, {t: f"{100 * t:.0f} %" for t in SHARE_TICKS}, level, title, desc)


def _chart(
    points: Sequence[AgainstPoint], y: Scale, ticks: dict[float, str], level: float, title: str, desc: str
) -> Markup:
    low = min([0.0, *(p.r2 for p in points)])
    x = Scale(low - 0.03, 1.03, 44, WIDTH - 8)
    parts = [Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x.start, y(t), x.end) for t in ticks]
    parts += [text(x.start - 6, y(t) + 4, said, anchor="end") for t, said in ticks.items()]
    parts += [text(x(t), y.start + 16, number(t, 2), anchor="middle") for t in R2_TICKS]
    parts.append(Markup('<path class="optimum" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x.start, y(level), x.end))
    sign = Markup('<path class="{} c{}" d="{}"><title>{}</title></path>')
    for p in sorted(points, key=lambda p: not p.empty):
        drawn = marker(p.shape, x(p.r2), y(p.value), 4.5)
        parts.append(sign.format("sign open" if p.empty else "sign", p.colour, drawn, p.name))
    parts.append(text(x.end, y.start + 34, "R² →", "axis-name", "end"))
    return svg(WIDTH, HEIGHT, title, desc, parts, "against")
