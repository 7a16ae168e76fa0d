"""Two controls in their plane, every point coloured by where it truly is: one sees whether the plane was unfolded."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts.drawing import SPAN, dots, svg, tick
from worldprobe.reports.charts.scale import Scale

REACH = 2.5  # standard deviations at which the colour map ends
STEPS = 12  # colours along each side of the map


def plane(places: Float[np.ndarray, "N 2"], truth: Float[np.ndarray, "N 2"], title: str, desc: str) -> Markup:
    """Draw points at `places`, coloured by `truth`; a perfect reading looks like `plane(truth, truth)`."""
    x, y = Scale(-SPAN, SPAN, 22, 156), Scale(-SPAN, SPAN, 138, 4)
    across, up = x.places(places[:, 0]), y.places(places[:, 1])
    step = np.clip(np.round((truth / REACH + 1) / 2 * (STEPS - 1)), 0, STEPS - 1).astype(np.int64)
    parts = [Markup('<rect class="frame" x="22" y="4" width="134" height="134"/>')]
    for cell in np.unique(step, axis=0):
        mine = (step == cell).all(axis=1)
        drawn = Markup('<path class="spot" stroke="{}" d="{}"/>')
        parts.append(drawn.format(colour_at(*(2 * cell / (STEPS - 1) - 1)), dots(across[mine], up[mine])))
    parts += [tick(x(t), 152, "middle", t) for t in (-2, 0, 2)]
    parts += [tick(18, y(t) + 4, "end", t) for t in (-2, 0, 2)]
    return svg(160, 156, title, desc, parts, "panel plane")


def colour_at(across: float, up: float) -> str:
    """Return the colour of a place in [-1, 1]^2 as "#rrggbb": grey in the middle, a hue for every direction.

    Across runs from green to red and up from blue to yellow and lighter, in Oklab, whose distances are what eyes see.
    """
    light, a, b = 0.68 + 0.11 * up, 0.17 * across, 0.15 * up
    cones = np.array(
        [
            light + 0.3963377774 * a + 0.2158037573 * b,
            light - 0.1055613458 * a - 0.0638541728 * b,
            light - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    linear = _OKLAB_TO_LINEAR @ cones**3
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(channel)):02x}" for channel in np.clip(encoded, 0.0, 1.0))


_OKLAB_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
