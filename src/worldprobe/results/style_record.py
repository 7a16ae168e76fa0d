"""How far an embedding ignores style, of a study that has some."""

from __future__ import annotations

from worldprobe.results.record import Record


class StyleRecord(Record):
    """Invariance to style, on the canonical test set."""

    invariance: float
    """1 - E|f - E_style f|^2 / E|f - E f|^2: 1 where style changes nothing, 0 where nothing else does."""
    r2_per_style: dict[str, float]
    """R^2 of a linear probe for every style control: 0 where the embedding does not show it linearly."""
    variance_in_regime: float | None = None
    """The share of the embedding's variance that is style's on the exploration's own held-out frames; None without."""
