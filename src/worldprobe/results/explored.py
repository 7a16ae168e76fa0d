"""What a regime visited, and what was predicted from it."""

from __future__ import annotations

from typing import Any

from worldprobe.results.predicted import Prediction
from worldprobe.results.record import Label, Record

STILL = 1e-3
"""Standard deviation below which a control never moved."""


class Exploration(Record):
    """What a regime visited: measured marginals and pair correlations, and the exact ones where they are known."""

    id: str
    regime: str
    label: str
    axes: dict[str, Label]
    settings: dict[str, Any]
    frames: int
    pairs: int
    mean: dict[str, float]
    sd: dict[str, float]
    excess_kurtosis: dict[str, float | None]
    pair_correlation: dict[str, float | None]
    """None where a control never moves."""
    exact_pair_correlation: dict[str, float | None] | None
    exact_marginal: str | None
    predicted: dict[str, Prediction]
    """By ceiling: "sigreg" and "whitening"."""
