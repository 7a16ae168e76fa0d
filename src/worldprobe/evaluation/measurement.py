"""Any trained encoder or its embeddings in, recovery and its cause out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.evaluation.checks import aligned_rows, check_embedding
from worldprobe.evaluation.subject import Subject
from worldprobe.evaluation.tap_measures import TapMeasures, measure_tap
from worldprobe.taps.embedding_files import Embeddings
from worldprobe.taps.pooling import UnusableEmbedding


@dataclass(frozen=True)
class Measurement:
    """What was measured of every tap, what was predicted, what it is compared with, and where the rest went."""

    of: dict[str, Any]
    taps: dict[str, TapMeasures]
    predicted: dict[str, Any] | None = None
    references: dict[str, Any] = field(default_factory=dict)
    decomposition: dict[str, Any] | None = None
    verdict: str = ""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return {"of", "taps", "predicted", "references", "decomposition", "verdict"}; NaN is None."""
        found = {
            "of": self.of,
            "taps": {name: tap.to_json() for name, tap in self.taps.items()},
            "predicted": self.predicted,
            "references": self.references,
            "decomposition": self.decomposition,
            "verdict": self.verdict,
        }
        cleaned: dict[str, Any] = _finite(found)
        return cleaned


def measure_embeddings(taps: Mapping[str, Embeddings], subject: Subject) -> Measurement:
    """Measure embeddings, one or several taps side by side, against a subject's states.

    Raises UnusableEmbedding where an embedding's rows, values or shape do not fit.
    """
    found, sizes = {}, {}
    for name, tap in taps.items():
        check_embedding(tap.h, tap.source)
        h, own = _matched(tap, subject)
        found[name] = measure_tap(h, own)
        sizes[name] = {"source": tap.source, "rows": len(h), "d": h.shape[1]}
    of = {
        "data": subject.of,
        "rows": subject.rows,
        "states": list(subject.names),
        "constant": list(subject.constant),
        "taps": sizes,
    }
    return Measurement(of, found)


def _matched(tap: Embeddings, subject: Subject) -> tuple[Float[np.ndarray, "rows d"], Subject]:
    """Return the embedding and the subject's rows that it belongs to, both in rising order of rows."""
    rows = aligned_rows(tap.h, tap.rows, subject.rows, tap.source)
    if rows is None:
        if len(tap.h) != subject.rows:
            raise UnusableEmbedding(f"{tap.source} has {len(tap.h):,} rows, {subject.of} {subject.rows:,}.")
        return tap.h, subject
    order = np.argsort(rows)
    return tap.h[order], subject.at(rows[order])


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
