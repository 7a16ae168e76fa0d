"""Horizontal bars of R^2 with intervals, in groups, between floors and ceilings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from markupsafe import Markup

from worldprobe.reports.charts.drawing import svg, text
from worldprobe.reports.charts.scale import Scale
from worldprobe.reports.wording import number, ratio

R2_TICKS = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
LOWEST_BAR = -0.5  # of R^2; what is worse is cut and marked


@dataclass(frozen=True)
class Mark:
    """A floor or ceiling, drawn as a line across a bar or across a whole group."""

    role: str
    name: str
    value: float


@dataclass(frozen=True)
class Bar:
    """A value with its 95 % interval."""

    name: str
    colour: int
    value: float
    low: float
    high: float
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Group:
    """The bars of one control, with the marks that hold for all of them."""

    name: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...] = ()


def bar_chart(groups: Sequence[Group], width: int, title: str, desc: str) -> Markup:
    """Draw horizontal bars of R^2 with whiskers, one group per control, `width` user units wide.

    The axis ends at 1 and starts at 0, or lower where a value is negative; what lies below -0.5 is cut there.
    """
    beside = width >= 600
    label_width, row, head, gap, top = (112, 19, 0, 17, 26) if beside else (0, 19, 20, 12, 26)
    low = lowest_of([b for g in groups for b in g.bars], [m for g in groups for m in g.marks])
    x = Scale(low, 1.0, label_width, width - 46)
    height = top + sum(head + row * len(g.bars) + gap for g in groups)
    parts = [_grid(x(t), top - 6, height - gap + 4, number(t, 2), t == 0) for t in R2_TICKS if t >= low]
    y = float(top)
    for group in groups:
        label_y = y + 13 if not beside else y + row * len(group.bars) / 2 + 4
        parts.append(Markup('<text class="group" x="0" y="{:.1f}">{}</text>').format(label_y, group.name))
        y += head
        bottom = y + row * len(group.bars)
        for bar in group.bars:
            cut = "◂ " if bar.value < low else ""
            parts += [bar_body(x, bar, y, row - 4), text(width, y + 12, cut + ratio(bar.value), "value", "end")]
            y += row
        parts += [_mark(x, m, bottom - row * len(group.bars) - 3, bottom - 1) for m in group.marks]
        y += gap
    return svg(width, height, title, desc, parts, "bars")


def bar_body(x: Scale, bar: Bar, y: float, height: float) -> Markup:
    """Draw a bar from 0 to its value, with its whisker and marks, `height` user units high from y down."""
    zero, end, middle = x(0.0), x(bar.value), y + height / 2
    named = f"{bar.name}: R² {ratio(bar.value)}, 95 % interval {ratio(bar.low)} to {ratio(bar.high)}"
    parts = [
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:g}" rx="2"/>').format(
            min(zero, end), y, max(abs(end - zero), 0.8), height
        ),
        *(_whisker(kind, x(bar.low), x(bar.high), middle) for kind in ("whisker-halo", "whisker")),
        *(_mark(x, m, y - 1, y + height + 2) for m in bar.marks),
    ]
    return Markup('<g class="c{}"><title>{}</title>{}</g>').format(bar.colour, named, Markup("").join(parts))


def _whisker(kind: str, left: float, right: float, y: float) -> Markup:
    drawn = Markup('<path class="{0}" d="M{1:.1f} {2:.1f}H{3:.1f}M{1:.1f} {4:.1f}v6M{3:.1f} {4:.1f}v6"/>')
    return drawn.format(kind, left, y, right, y - 3)


def lowest_of(bars: Sequence[Bar], marks: Sequence[Mark] = ()) -> float:
    """Return where the axis of these bars starts: 0, or a quarter below the lowest value, at least -0.5."""
    lowest = min([0.0, *(b.value for b in bars), *(m.value for b in bars for m in b.marks), *(m.value for m in marks)])
    # Values that are zero but for noise get a little room; only real losses move the axis to another quarter.
    return -0.05 if lowest > -0.05 else max(LOWEST_BAR, floor(lowest * 4) / 4)


def _mark(x: Scale, mark: Mark, top: float, bottom: float) -> Markup:
    line = Markup(
        '<g><title>{}: R² {}</title><path class="halo" d="M{:.1f} {:.1f}V{:.1f}"/>'
        '<path class="mark {}" d="M{:.1f} {:.1f}V{:.1f}"/></g>'
    )
    place = x(mark.value), top, bottom
    return line.format(mark.name, ratio(mark.value), *place, mark.role, *place)


def _grid(x: float, top: float, bottom: float, text: str, strong: bool) -> Markup:
    line = Markup(
        '<path class="{}" d="M{:.1f} {:.1f}V{:.1f}"/>'
        '<text class="tick" text-anchor="middle" x="{:.1f}" y="{:.1f}">{}</text>'
    )
    return line.format("axis" if strong else "grid", x, top, bottom, x, top - 7, text)
