"""True against recovered values of one control."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts.drawing import SPAN, dots, svg, tick
from worldprobe.reports.charts.scale import Scale


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
