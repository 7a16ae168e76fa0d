"""What one part of an audit comes to: the world, an exploration or a recording, with its prediction."""

from __future__ import annotations

from pydantic import NonNegativeInt

from worldprobe.results.predicted import Prediction
from worldprobe.results.record import Record


class AuditedPart(Record):
    """The world, one exploration or a recording: how many of the audit's gates are its own, in order."""

    label: str
    """"world", a regime's label, or empty for a recording, whose gates are all of the audit's."""
    gates: NonNegativeInt
    expected_to_fail: bool = False
    """Whether the study includes it as a contrast: its gates then do not count."""
    predicted: Prediction | None = None
    """What SIGReg's ideal encoder recovers within it."""
