"""R^2 against a swept number: a line for each condition, with its interval, what was published, what is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from markupsafe import Markup

from worldprobe.reports.charts.drawing import marker, path, svg, text
from worldprobe.reports.charts.scale import NINES, PERFECT, Scale, ScaleKind, apart, spanning
from worldprobe.reports.wording import number, setting

LOWEST = -0.5  # of R^2; what is worse is drawn here
EVEN_TICKS = (-0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
LABEL_GAP = 15.0


class Style(StrEnum):
    """What a trace is, and so how it is drawn."""

    MEASURED = "measured"
    PUBLISHED = "published"
    PREDICTED = "predicted"
    REFERENCE = "reference"


@dataclass(frozen=True)
class At:
    """One value on a trace: where, how much, its 95 % interval if it has one, and the sentence that a pointer gets."""

    x: float
    value: float
    interval: tuple[float, float] | None = None
    said: str = ""


@dataclass(frozen=True)
class Trace:
    """A line over the axis: `colour` and `shape` (of its markers) tell measured ones apart, `role` the references."""

    name: str
    style: Style
    points: tuple[At, ...]
    colour: int = 0
    shape: int = 0
    role: str = ""
    level: bool = False
    """Whether the axis does not matter to it, so that no point of the line is a measurement of its own."""


def traces_chart(
    traces: Sequence[Trace], values: Sequence[float], axis: str, width: int, title: str, desc: str, labels: bool
) -> Markup:
    """Draw traces over an axis with these values; `labels` names them at their right ends.

    Intervals are bands, published values open markers, predictions dashed lines, references thin dark lines.
    """
    named = [t for t in traces if t.style in (Style.MEASURED, Style.REFERENCE) and t.points] if labels else []
    room = max((7.2 * len(t.name) + 42 for t in named), default=4.0 + 3.5 * len(setting(max(values))))
    height = 400 if width >= 600 else 290
    x, y = spanning(values, 46, width - room), r2_scale(traces, height - 46, 14)
    parts = [*_levels(x, y), *_values(x, y, sorted(values), axis)]
    for style in (Style.REFERENCE, Style.PREDICTED, Style.MEASURED, Style.PUBLISHED):
        parts += [_trace(t, x, y) for t in traces if t.style is style]
    return svg(width, height, title, desc, [*parts, *_labels(named, x, y)], "traces")


def r2_scale(traces: Sequence[Trace], start: float, end: float) -> Scale:
    """Return the scale of R^2: from 0 (or below) to 1, or in nines where a third of what was measured, by us or by
    others, lies above 0.99.

    In nines every step up leaves a tenth of what is missing; on an even scale 0.99 and 0.999 99 are the same place.
    """
    values = [point.value for t in traces for point in t.points]
    measured = [p.value for t in traces if t.style in (Style.MEASURED, Style.PUBLISHED) for p in t.points]
    lowest = min([*values, 1.0])
    if 3 * sum(value > 0.99 for value in measured) > len(measured):
        best = min(max(measured), PERFECT)
        low = max((t for t in NINES if t <= lowest), default=LOWEST)
        return Scale(max(low, LOWEST), 1 - (1 - best) / 1.8, start, end, ScaleKind.NINES)
    low = 0.0 if lowest > -0.02 else max(LOWEST, np.floor(lowest * 4) / 4)
    return Scale(float(low), 1.0, start, end)


def _trace(trace: Trace, x: Scale, y: Scale) -> Markup:
    at = np.array([[point.x, point.value] for point in trace.points], dtype=np.float64).reshape(-1, 2)
    line = path(x.places(at[:, 0]), y.places(at[:, 1]))
    if trace.style is Style.REFERENCE:
        made = Markup('<g><title>{}</title><path class="halo" d="{}"/><path class="mark {}" d="{}"/></g>')
        return made.format(trace.name, line, trace.role, line)
    body = [_band(trace, x, y)] if trace.style is Style.MEASURED else []
    if trace.style is not Style.PUBLISHED:
        kind = "line predicted" if trace.style is Style.PREDICTED else "line"
        body.append(Markup('<path class="{}" d="{}"/>').format(kind, line))
    if trace.style is not Style.PREDICTED and not trace.level:
        kind = "sign open" if trace.style is Style.PUBLISHED else "sign"
        sign = Markup('<path class="{}" d="{}"><title>{}</title></path>')
        body += [sign.format(kind, marker(trace.shape, x(p.x), y(p.value)), p.said) for p in trace.points]
    return Markup('<g class="c{}">{}</g>').format(trace.colour, Markup("").join(body))


def _band(trace: Trace, x: Scale, y: Scale) -> Markup:
    known = [(x(p.x), y(p.interval[0]), y(p.interval[1])) for p in trace.points if p.interval is not None]
    if len(known) < 2:
        return Markup("")
    there = path(np.array([k[0] for k in known]), np.array([k[1] for k in known]))
    back = path(np.array([k[0] for k in known[::-1]]), np.array([k[2] for k in known[::-1]]))
    return Markup('<path class="band" d="{}L{}Z"/>').format(there, back[1:])


def _levels(x: Scale, y: Scale) -> list[Markup]:
    ticks = y.ticks() if y.kind is ScaleKind.NINES else [t for t in EVEN_TICKS if t >= y.low]
    line = Markup('<path class="{}" d="M{:.1f} {:.1f}H{:.1f}"/>')
    parts = [line.format("axis" if t == 0 else "grid", x.start, y(t), x.end, y(t)) for t in ticks]
    return [
        *parts,
        *(text(x.start - 8, y(t) + 4, number(t, 6), anchor="end") for t in ticks),
        text(0, 9, "R²", "axis-name"),
    ]


def _values(x: Scale, y: Scale, values: Sequence[float], axis: str) -> list[Markup]:
    places = [x(value) for value in values]
    widest = max(len(setting(value)) for value in values)
    labelled = apart(places, 6.5 * widest + 8)
    parts = [Markup('<path class="axis" d="M{:.1f} {:.1f}v4"/>').format(place, y.start) for place in places]
    parts += [
        text(place, y.start + 18, setting(value), anchor="middle")
        for place, value, shown in zip(places, values, labelled, strict=True)
        if shown
    ]
    return [*parts, text((x.start + x.end) / 2, y.start + 38, axis, "axis-name", "middle")]


def _labels(named: Sequence[Trace], x: Scale, y: Scale) -> list[Markup]:
    """Name every trace at its right end, pushed apart where ends meet."""
    ordered = sorted(named, key=lambda t: y(t.points[-1].value))
    parts, free = [], y.end - LABEL_GAP
    ends = []
    for trace in ordered:
        free = max(y(trace.points[-1].value), free + LABEL_GAP)
        ends.append(free)
    over = max(0.0, (ends[-1] if ends else 0.0) - (y.start + 4))
    for i in range(len(ends) - 1, -1, -1):  # what was pushed below the axis goes up again, with what it meets there
        ends[i] = min(ends[i], y.start + 4 - LABEL_GAP * (len(ends) - 1 - i)) if over else ends[i]
    for trace, end in zip(ordered, ends, strict=True):
        last = trace.points[-1]
        if x(last.x) > x.end - 1:
            lead = Markup('<path class="lead" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>')
            parts.append(lead.format(x.end + 6, y(last.value), x.end + 14, end))
        parts += [_sample(trace, x.end + 22, end), text(x.end + 32, end + 4, trace.name, "name")]
    return parts


def _sample(trace: Trace, x: float, y: float) -> Markup:
    """Draw a sample of a trace for its name."""
    if trace.style is Style.REFERENCE:
        return Markup('<path class="mark {}" d="M{:.1f} {:.1f}h16"/>').format(trace.role, x - 8, y)
    return Markup('<path class="sign c{}" d="{}"/>').format(trace.colour, marker(trace.shape, x, y))
