"""Where an exploration took one control, over the canonical distribution."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts.drawing import SPAN, hits, path, svg, tick
from worldprobe.reports.charts.scale import Scale

TALLEST = 0.8  # density at which the histogram is cut: twice the canonical one


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
    return svg(160, 111, title, desc, [*parts, *([] if still else hits(_shares(values, x), 6, 92))], "panel")


def _shares(values: Float[np.ndarray, " N"], x: Scale) -> list[tuple[float, float, str]]:
    """Return strips of half a standard deviation with the share of the values in each."""
    edges = np.linspace(-SPAN, SPAN, 15)
    counts, _ = np.histogram(np.clip(values, -SPAN, SPAN), bins=edges)
    shares = 100 * counts / max(1, len(values))
    said = [
        f"{_sd(a)} to {_sd(b)} sd: {share:.1f} % of the frames"
        for a, b, share in zip(edges, edges[1:], shares, strict=False)
    ]
    return [(x(a), x(b), text) for a, b, text in zip(edges, edges[1:], said, strict=False)]


def _sd(value: float) -> str:
    return f"{value:.1f}".replace("-", "\u2212")
