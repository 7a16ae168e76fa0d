"""Every measure of one embedding: the values, and for each that does not apply, why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.evaluation.subject import Subject, split_stream
from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.linear_recovery import linear_coding, linear_recovery

KEYS = (
    *("r2", "ci95", "r2_per_state", "r2_states_to_embedding", "mlp_r2", "procrustes", "condition_number", "mcc"),
    *("dci", "effective_rank", "sigreg_z", "alignment", "bound", "leaks"),
)
"""What is measured of every tap, in the order of `--json`."""


@dataclass(frozen=True)
class TapMeasures:
    """The measures of one embedding by name; a measure that does not apply is None, with its reason."""

    values: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the measures of `--json`, None where one does not apply, and `reasons` where any does not."""
        return {key: self.values.get(key) for key in KEYS} | {"reasons": dict(self.reasons)}


def measure_tap(h: Float[np.ndarray, "rows d"], subject: Subject) -> TapMeasures:
    """Return every measure of an embedding whose rows are those of the subject."""
    rng = split_stream()
    blocks = subject.split(rng)
    moments = block_moments(h, subject.z, blocks)
    read, coded = linear_recovery(moments, rng), linear_coding(moments, rng)
    values: dict[str, Any] = {
        "r2": read.mean,
        "ci95": list(read.mean_ci95),
        "r2_per_state": dict(zip(subject.names, read.r2.tolist(), strict=True)),
        "r2_states_to_embedding": coded.mean,
    }
    return TapMeasures(values)
