"""Curves over training steps, with the theoretical optimum of alignment drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts.drawing import path, svg
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.words import number


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
    x, y = Scale(0.0, float(max(steps, 1)), 40, 316), Scale(*span, 178, 8, kind=ScaleKind.LOG)
    level = Markup(
        '<path class="grid" d="M40 {0:.1f}H316"/><text class="tick" text-anchor="end" x="34" y="{1:.1f}">{2}</text>'
    )
    parts = [level.format(y(t), y(t) + 4, number(t, 2)) for t in y.ticks()]
    parts += [
        Markup('<path class="line {} c{}" d="{}"/>').format(line.kind, colour, path(*_thin(line, x, y)))
        for line in lines
    ]
    if optimum is not None and span[0] <= optimum <= span[1]:
        label = Markup(
            '<path class="optimum" d="M40 {0:.1f}H316"/>'
            '<text class="said" text-anchor="end" x="316" y="{1:.1f}">optimum {2}</text>'
        )
        fell = any(len(line.values) and line.values[-1] < 0.95 * optimum for line in lines)
        above = fell or y(optimum) > 160  # below are the steps
        beside = y(optimum) - 6 if above else y(optimum) + 15
        parts.append(label.format(y(optimum), beside, number(optimum, 3)))
    for place, anchor, text in ((40, "start", "0"), (316, "end", f"{number(steps)} steps")):
        parts.append(Markup('<text class="tick" text-anchor="{}" x="{}" y="196">{}</text>').format(anchor, place, text))
    return svg(320, 202, title, desc, parts, "curves")


def _thin(line: Line, x: Scale, y: Scale, most: int = 160) -> tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Return the places of a line, neighbours averaged where there are more than can be seen."""
    steps, values, count = line.steps, line.values, len(line.steps)
    if count > most:
        starts = np.arange(most) * count // most
        sizes = np.diff(starts, append=count)
        steps, values = (np.add.reduceat(v, starts) / sizes for v in (steps, values))
    return x.places(steps), y.places(values)
