"""Small SVG charts: bars with intervals, scatter, histogram and curves, coloured by the page's style sheet.

Every chart is one inline `<svg>` with a title and a description. Sizes are in SVG user units; colours, fonts and line
styles come from classes (`c0`, `c1` ... are the regimes' colours), so dark mode and print need no second drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil, floor, log10

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.report.words import number, ratio

SPAN = 3.5  # of the scatter's and the histogram's axes, in standard deviations of the canonical N(0, 1)
R2_TICKS = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
LOWEST_BAR = -0.5  # of R^2; what is worse is cut and marked
TALLEST = 0.8  # density at which the histogram is cut: twice the canonical one


@dataclass(frozen=True)
class Axis:
    """The map from data between `low` and `high` to user units between `start` and `end`; beyond them it clips."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of one value."""
        return float(self.places(np.asarray([value], dtype=np.float64))[0])

    def places(self, values: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
        """Return the places of many values."""
        inside = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        low, high = self.low, self.high
        if self.log:
            inside, low, high = np.log10(inside), log10(low), log10(high)
        return self.start + (inside - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the round values that a logarithmic axis marks: decades, or 1, 2, 5 where it spans less than two."""
        decades = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1, 2, 5) if log10(self.high / self.low) < 2 else (1,)
        return [s * 10.0**d for d in decades for s in steps if self.low <= s * 10.0**d <= self.high]


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
    marks = [m for g in groups for m in (*g.marks, *(m for b in g.bars for m in b.marks))]
    lowest = min([0.0, *(b.value for g in groups for b in g.bars), *(m.value for m in marks)])
    # Values that are zero but for noise get a little room; only real losses move the axis to another quarter.
    low = -0.05 if lowest > -0.05 else max(LOWEST_BAR, floor(lowest * 4) / 4)
    x = Axis(low, 1.0, label_width, width - 46)
    height = top + sum(head + row * len(g.bars) + gap for g in groups)
    parts = [_grid(x(t), top - 6, height - gap + 4, number(t, 2), t == 0) for t in R2_TICKS if t >= low]
    y = float(top)
    for group in groups:
        label_y = y + 13 if not beside else y + row * len(group.bars) / 2 + 4
        parts.append(Markup('<text class="group" x="0" y="{:.1f}">{}</text>').format(label_y, group.name))
        y += head
        bottom = y + row * len(group.bars)
        for bar in group.bars:
            parts.append(_bar(x, bar, y, row, width))
            y += row
        parts += [_mark(x, m, bottom - row * len(group.bars) - 3, bottom - 1) for m in group.marks]
        y += gap
    return svg(width, height, title, desc, parts, "bars")


def scatter(
    truth: Float[np.ndarray, " N"], recovered: Float[np.ndarray, " N"], colour: int, title: str, desc: str
) -> Markup:
    """Draw true (across) against recovered (up) on equal axes, with the diagonal of a perfect reading."""
    x, y = Axis(-SPAN, SPAN, 22, 156), Axis(-SPAN, SPAN, 138, 4)
    # One path of zero-length strokes with round caps: ten bytes a point, and one element for the browser to paint.
    dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x.places(truth), y.places(recovered), strict=True))
    parts = [
        Markup('<rect class="frame" x="22" y="4" width="134" height="134"/>'),
        Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x(-SPAN), y(-SPAN), x(SPAN), y(SPAN)),
        Markup('<path class="dots c{}" d="{}"/>').format(colour, dots),
        *(_tick(x(t), 152, "middle", t) for t in (-2, 0, 2)),
        *(_tick(18, y(t) + 4, "end", t) for t in (-2, 0, 2)),
    ]
    return svg(160, 156, title, desc, parts, "panel")


def histogram(values: Float[np.ndarray, " N"], still: bool, colour: int, title: str, desc: str) -> Markup:
    """Draw the density of a control's visited values over the canonical N(0, 1); `still` draws a spike instead."""
    x, y = Axis(-SPAN, SPAN, 4, 156), Axis(0.0, TALLEST, 92, 6)
    parts: list[Markup] = []
    if still:
        spike = Markup('<path class="spike c{}" d="M{:.1f} 92V6"/>')
        parts.append(spike.format(colour, x(float(np.mean(values))) if len(values) else x(0.0)))
    else:
        edges = np.linspace(-SPAN, SPAN, 29)
        counts, _ = np.histogram(np.clip(values, -SPAN, SPAN), bins=edges)
        density = counts / max(1, len(values)) / (edges[1] - edges[0])
        steps = (
            f"L{x(a):.1f} {y(d):.1f}L{x(b):.1f} {y(d):.1f}" for a, b, d in zip(edges, edges[1:], density, strict=False)
        )
        parts.append(Markup('<path class="area c{}" d="M4 92{}L156 92Z"/>').format(colour, "".join(steps)))
    at = np.linspace(-SPAN, SPAN, 61)
    bell = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    parts += [
        Markup('<path class="canonical" d="{}"/>').format(_path(x.places(at), y.places(bell))),
        Markup('<path class="axis" d="M4 92H156"/>'),
        *(_tick(x(t), 107, "middle", t) for t in (-2, 0, 2)),
    ]
    return svg(160, 111, title, desc, parts, "panel")


@dataclass(frozen=True)
class Line:
    """A curve over training steps: `kind` is its style (train, heldout)."""

    kind: str
    steps: Float[np.ndarray, " N"]
    values: Float[np.ndarray, " N"]


def curves(
    lines: Sequence[Line],
    optimum: float | None,
    steps: int,
    span: tuple[float, float],
    colour: int,
    title: str,
    desc: str,
) -> Markup:
    """Draw curves over `steps` on a logarithmic axis between `span`, the theoretical optimum as a dashed line."""
    x, y = Axis(0.0, float(max(steps, 1)), 40, 316), Axis(*span, 178, 8, log=True)
    level = Markup(
        '<path class="grid" d="M40 {0:.1f}H316"/><text class="tick" text-anchor="end" x="34" y="{1:.1f}">{2}</text>'
    )
    parts = [level.format(y(t), y(t) + 4, number(t, 2)) for t in y.ticks()]
    parts += [
        Markup('<path class="line {} c{}" d="{}"/>').format(line.kind, colour, _path(*_thin(line, x, y)))
        for line in lines
    ]
    if optimum is not None and span[0] <= optimum <= span[1]:
        label = Markup(
            '<path class="optimum" d="M40 {0:.1f}H316"/>'
            '<text class="said" text-anchor="end" x="316" y="{1:.1f}">optimum {2}</text>'
        )
        fell = any(len(line.values) and line.values[-1] < 0.95 * optimum for line in lines)
        beside = y(optimum) - 6 if fell else y(optimum) + 15
        parts.append(label.format(y(optimum), beside, number(optimum, 3)))
    for place, anchor, text in ((40, "start", "0"), (316, "end", f"{number(steps)} steps")):
        parts.append(Markup('<text class="tick" text-anchor="{}" x="{}" y="196">{}</text>').format(anchor, place, text))
    return svg(320, 202, title, desc, parts, "curves")


def svg(width: int, height: float, title: str, desc: str, parts: Iterable[Markup], kind: str) -> Markup:
    """Return an inline `<svg>` that scales with its column and says what it shows to who cannot see it."""
    head = Markup('<svg class="{}" viewBox="0 0 {} {:.0f}" role="img"><title>{}</title><desc>{}</desc>')
    return Markup("").join(chain([head.format(kind, width, height, title, desc)], parts, [Markup("</svg>")]))


def _bar(x: Axis, bar: Bar, y: float, row: int, width: int) -> Markup:
    zero, end, middle = x(0.0), x(bar.value), y + row / 2 - 1
    named = f"{bar.name}: R² {ratio(bar.value)}, 95 % interval {ratio(bar.low)} to {ratio(bar.high)}"
    parts = [
        Markup('<g class="c{}"><title>{}</title>').format(bar.colour, named),
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" rx="2"/>').format(
            min(zero, end), y, max(abs(end - zero), 0.8), row - 4
        ),
        Markup('<path class="whisker" d="M{0:.1f} {1:.1f}H{2:.1f}M{0:.1f} {3:.1f}v6M{2:.1f} {3:.1f}v6"/>').format(
            x(bar.low), middle, x(bar.high), middle - 3
        ),
        *(_mark(x, m, y - 1, y + row - 2) for m in bar.marks),
        Markup('<text class="value" text-anchor="end" x="{}" y="{:.1f}">{}{}</text></g>').format(
            width, y + 12, "◂ " if bar.value < x.low else "", ratio(bar.value)
        ),
    ]
    return Markup("").join(parts)


def _mark(x: Axis, mark: Mark, top: float, bottom: float) -> Markup:
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


def _tick(x: float, y: float, anchor: str, value: float) -> Markup:
    text = Markup('<text class="tick" text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>')
    return text.format(anchor, x, y, number(int(value)))


def _path(x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"]) -> str:
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) if len(x) else ""


def _thin(line: Line, x: Axis, y: Axis, most: int = 160) -> tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    blocks = np.array_split(np.arange(len(line.steps)), min(most, max(1, len(line.steps))))
    steps, values = (np.array([v[b].mean() for b in blocks if len(b)]) for v in (line.steps, line.values))
    return x.places(steps), y.places(values)
