"""Pieces of HTML on the page: the frame at its true size, bars of true against recovered controls, the legend."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from markupsafe import escape
from PIL import Image

from worldprobe._util.embedding import data_uri
from worldprobe.playing.palette import TRUE_COLOUR, css
from worldprobe.playing.units import REACH, physical
from worldprobe.world.world import Control

ENLARGED = 160
"""Pixels of the side that a frame is enlarged to, beside its true size: by a whole number, with hard edges."""
MOST_BARS = 16
"""Controls that have bars; a world of hundreds has a number of each in its own report."""
WIDTH, LABEL, BAR, GAP = 300, 14, 4, 7
SWATCH = 14
"""Pixels of the height of a colour's swatch."""


def png_uri(frame: Shaped[np.ndarray, "H W 3"]) -> str:
    """Return a frame as a data URI, every pixel kept."""
    packed = io.BytesIO()
    Image.fromarray(frame).save(packed, "PNG", compress_level=1)
    return data_uri("png", packed.getvalue())


def frame_html(observation: Shaped[np.ndarray, "..."]) -> str:
    """Return what the encoder sees: a frame at its true size and enlarged, or a vector's numbers."""
    if observation.ndim != 3:
        shown = ", ".join(f"{value:.2f}" for value in observation[:12]) + (" …" if len(observation) > 12 else "")
        return f'<div style="padding:0 1em"><small>The encoder sees</small><br><code>({shown})</code></div>'
    height, width = observation.shape[:2]
    times = max(1, ENLARGED // max(height, width))
    uri, hard = png_uri(observation), "image-rendering:pixelated;display:block"
    large = f'width="{width * times}" height="{height * times}"'
    size = f"<small>{width} × {height}</small>"
    return (
        '<div style="display:flex;gap:12px;align-items:flex-end;padding:0 1em">'
        f'<img class="wp-frame" alt="what the encoder sees" src="{uri}" {large} style="{hard}">'
        f'<div style="line-height:1.2"><img alt="the same at its true size" src="{uri}" width="{width}" '
        f'height="{height}" style="{hard}">{size}</div></div>'
    )


def bars_html(
    controls: Sequence[Control],
    truth: Float[np.ndarray, " n"],
    readings: Sequence[tuple[tuple[int, int, int], Float[np.ndarray, " n"]]],
    swatches: Mapping[str, UInt8[np.ndarray, "rows 3"]] | None = None,
) -> str:
    """Return bars from the centre for every control: the true one above those of the encoders, in standard units.

    `swatches` has the colours of a light or a paint, by its control's name, in the same order; they stand below its
    bars, each framed in its bar's colour.
    """
    shown, height, parts = list(controls)[:MOST_BARS], 0, []
    for k, control in enumerate(shown):
        top = height
        value = physical(control, float(truth[k]))
        parts.append(
            f'<text x="0" y="{top + 10}" font-size="11" fill="currentColor">{escape(control.name)}</text>'
            f'<text x="{WIDTH}" y="{top + 10}" font-size="11" fill="currentColor" text-anchor="end">'
            f"{value:.3g} {escape(control.unit)}</text>"
        )
        rows = [(TRUE_COLOUR, truth[k]), *((colour, z[k]) for colour, z in readings)]
        for i, (colour, z) in enumerate(rows):
            parts.append(_bar(float(z), top + LABEL + i * (BAR + 1), css(colour)))
        bottom = top + LABEL + len(rows) * (BAR + 1)
        parts.append(f'<path d="M{WIDTH / 2} {top + LABEL}V{bottom}" stroke="currentColor" stroke-opacity=".4"/>')
        height = bottom + GAP
        if swatches and control.name in swatches:
            framed = zip(rows, swatches[control.name], strict=True)
            parts += [_swatch(i, bottom + 3, css(colour), own) for i, ((colour, _), own) in enumerate(framed)]
            height += SWATCH + 5
    rest = len(controls) - len(shown)
    more = f"<small>and {rest:,} more controls</small>" if rest else ""
    return (
        f'<div style="padding:0 1em"><svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" class="wp-bars" '
        f'aria-label="true and recovered controls">{"".join(parts)}</svg>{more}</div>'
    )


def legend_html(entries: Sequence[tuple[tuple[int, int, int], str, str]], note: str = "") -> str:
    """Return a legend: colour, name and a remark of each entry, and a note below."""
    rows = "".join(
        f'<div style="display:flex;gap:8px;align-items:center"><span style="width:12px;height:12px;flex:none;'
        f'background:{css(colour)};border:1px solid #8888"></span><span>{escape(name)}</span>'
        f'<small style="margin-left:auto;opacity:.75;text-align:right">{escape(remark)}</small></div>'
        for colour, name, remark in entries
    )
    below = f"<small>{escape(note)}</small>" if note else ""
    return f'<div style="padding:0 1em" class="wp-legend">{rows}{below}</div>'


def summary(truth: Float[np.ndarray, " n"], readings: Mapping[str, Any]) -> dict[str, float]:
    """Return each encoder's distance from the truth: the root mean square over controls, in standard deviations."""
    return {run: float(np.sqrt(np.mean((np.asarray(z) - truth) ** 2))) for run, z in readings.items()}


def _swatch(place: int, top: float, frame: str, colour: UInt8[np.ndarray, "3"]) -> str:
    red, green, blue = (int(channel) for channel in colour)
    return (
        f'<rect class="wp-swatch" x="{place * 2 * SWATCH + 1}" y="{top}" width="{1.7 * SWATCH:g}" height="{SWATCH}" '
        f'fill="rgb({red},{green},{blue})" stroke="{frame}" stroke-width="2"/>'
    )


def _bar(z: float, top: float, colour: str) -> str:
    middle = WIDTH / 2
    z = min(max(z, -REACH), REACH) if np.isfinite(z) else 0.0
    length = abs(z) / REACH * middle
    left = middle if z >= 0 else middle - length
    return f'<rect x="{left:.1f}" y="{top}" width="{max(length, 0.8):.1f}" height="{BAR}" fill="{colour}"/>'
