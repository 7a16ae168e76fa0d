"""Small panels of one control: true against recovered, and where an exploration took it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts.drawing import SPAN, dots, path, svg, tick
from worldprobe.reports.charts.scale import Scale

TALLEST = 0.8  # density at which the histogram is cut: twice the canonical one


def scatter(
    truth: Float[np.ndarray, " N"], recovered: Float[np.ndarray, " N"], colour: int, title: str, desc: str
) -> Markup:
    """Draw true (across) against recovered (up) on equal axes, with the diagonal of a perfect reading."""
    x, y = Scale(-SPAN, SPAN, 22, 156), Scale(-SPAN, SPAN, 138, 4)
    parts = [
        Markup('<rect class="frame" x="22" y="4" width="134" height="134"/>'),
        Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x(-SPAN), y(-SPAN), x(SPAN), y(SPAN)),
        Markup('<path class="dots c{}" d="{}"/>').format(colour, dots(x.places(truth), y.places(recovered))),
        *(tick(x(t), 152, "middle", t) for t in (-2, 0, 2)),
        *(tick(18, y(t) + 4, "end", t) for t in (-2, 0, 2)),
    ]
    return svg(160, 156, title, desc, parts, "panel")


def histogram(values: Float[np.ndarray, " N"], still: bool, colour: int, title: str, desc: str) -> Markup:
    """Draw the density of a control's visited values over the canonical N(0, 1); `still` draws a spike instead."""
    x, y = Scale(-SPAN, SPAN, 4, 156), Scale(0.0, TALLEST, 92, 6)
    parts: list[Markup] = []
    if still:
        spike = Markup('<path class="spike c{}" d="M{:.1f} 92V6"/>')
        parts.append(spike.format(colour, x(float(np.mean(values))) if len(values) else x(0.0)))
    else:
        edges = np.linspace(-SPAN, SPAN, 29)
        counts, _ = np.histogram(np.clip(values, -SPAN, SPAN), bins=edges)
        density = counts / max(1, len(values)) / (edges[1] - edges[0])
        corners = x.places(np.repeat(edges, 2)[1:-1]), y.places(np.repeat(density, 2))
        parts.append(Markup('<path class="area c{}" d="M4 92L{}L156 92Z"/>').format(colour, path(*corners)[1:]))
    at = np.linspace(-SPAN, SPAN, 61)
    bell = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    parts += [
        Markup('<path class="canonical" d="{}"/>').format(path(x.places(at), y.places(bell))),
        Markup('<path class="axis" d="M4 92H156"/>'),
        *(tick(x(t), 107, "middle", t) for t in (-2, 0, 2)),
    ]
    return svg(160, 111, title, desc, parts, "panel")
