"""What one part of an audit comes to: the world, an exploration or a recording, with its prediction."""

from __future__ import annotations

from typing import Any

from pydantic import Field, NonNegativeInt

from worldprobe.results.record import Record


class PredictedRecovery(Record):
    """What the ideal encoder of an exploration recovers, as an audit keeps it; where refused, numbers are None."""

    refused: str | None
    """Why there is no answer, in a sentence."""
    refused_briefly: str = ""
    """The same in a few words."""
    r2: float | None = None
    """Mean linear R^2 over controls, within the exploration."""
    ci95: tuple[float, float] | None = None
    r2_per_control: dict[str, float] = Field({})
    ci95_per_control: dict[str, tuple[float, float]] = Field({})
    r2_on_test: float | None = None
    """The same on the canonical test set, which the gates judge; None for a recording."""
    proven: bool = False
    """Whether every optimum has this R^2, within 0.02; else it is that of the best map found."""
    bracket: tuple[float, float] | None = None
    """The mean R^2 of any whitened map that is aligned as well."""
    tried: list[dict[str, Any]] = Field([])
    """The maps that a search ended with: name, pair_correlation, error, r2, gaussian."""
    notes: list[str] = Field([])


class AuditedPart(Record):
    """The world, one exploration or a recording: how many of the audit's gates are its own, in order."""

    label: str
    """"world", a regime's label, or empty for a recording, whose gates are all of the audit's."""
    gates: NonNegativeInt
    expected_to_fail: bool = False
    """Whether the study includes it as a contrast: its gates then do not count."""
    predicted: PredictedRecovery | None = None
