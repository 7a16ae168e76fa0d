"""What an embedding recovers of the controls."""

from __future__ import annotations

from pydantic import Field

from worldprobe.results.record import Record
from worldprobe.results.style_record import StyleRecord

RECOVERED, PARTLY = 0.9, 0.5
"""R^2 from which a control counts as recovered, and as partly recovered."""


class Bound(Record):
    """Theorem 3's bound on the Procrustes error, min_Q E||h - Qz||^2, with its terms (arXiv 2605.26379).

    The bound is D + (epsilon + D)^2 with D = delta / (2 rho (1 - rho)).
    """

    applies: bool
    reason: str
    """Why it applies or does not."""
    delta: float | None = None
    """E||h' - h||^2 - 2 (1 - rho) tr Cov h: the alignment that is missing to a linear encoder's."""
    epsilon: float | None = None
    """||Cov h - I||_F: how far the embedding is from white."""
    value: float | None = None
    """The bound itself."""
    error: float | None = None
    """The Procrustes error that the bound bounds, on the same data, with Cov(h) left as it is."""


class Cyclic(Record):
    """Linear R^2 of a cyclic control's sine, cosine and value within half a period; each is 1 where it is read exactly.

    An embedding that goes round the circle has sine and cosine at 1. One that is the angle itself, N(0, 1) in radians,
    has the sine at 2 e^-1 / (1 - e^-2) = 0.851 and the cosine, an even function, at 0.
    """

    sine: float
    cosine: float
    within: float
    """Of the value within half a period of its centre: all that one observation can show."""


class Recovery(Record):
    """How linear the embedding is in the controls, on the canonical test set."""

    r2: float
    r2_per_control: dict[str, float]
    r2_ci95: tuple[float, float]
    """Bootstrap over test points, for this run alone."""
    r2_per_control_ci95: dict[str, tuple[float, float]]
    r2_controls_to_embedding: float
    r2_own_probe: float | None
    """As r2, with the probe fitted on held-out frames of the regime itself; None without a regime."""
    r2_in_regime: dict[str, float | None] | None
    """R^2 per control with the probe both fitted and scored on held-out frames of the regime, disjoint halves: what the
    predicted R^2 is a ceiling of. None for a control that never moves, and without a regime."""
    fitted_on: int | None = None
    """Frames that the probe was fitted on; None in results that do not say."""
    orthogonality: float | None
    procrustes: float | None
    """None for raw pixels, which are no embedding."""
    bound: Bound
    cyclic: dict[str, Cyclic] = Field({})
    """By control, of those that are cyclic."""
    style: StyleRecord | None = None
    """Invariance to style; None where a study has none."""
