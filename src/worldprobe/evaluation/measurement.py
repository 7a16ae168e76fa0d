"""Any trained encoder or its embeddings in, recovery and its cause out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.errors import InvalidValue
from worldprobe.evaluation.cause import decomposition, predicted, refused, verdict
from worldprobe.evaluation.checks import aligned_rows, check_embedding, without_dropped
from worldprobe.evaluation.references import AskedReferences, left_out, references
from worldprobe.evaluation.row_lag import check_count, check_lag, shifted
from worldprobe.evaluation.subject import Subject
from worldprobe.evaluation.tap_measures import QUICK, TapMeasures, measure_tap
from worldprobe.predictor.predict import CEILINGS
from worldprobe.taps.embedding_files import Embeddings
from worldprobe.taps.encode import Tap, encode_all, preflight
from worldprobe.taps.pooling import UnusableEmbedding

NO_REFERENCES = AskedReferences()


def check_objective(objective: str) -> None:
    """Raise InvalidValue for an objective whose ideal encoder has no prediction."""
    if objective not in CEILINGS:
        raise InvalidValue("objective", objective, " or ".join(CEILINGS))


@dataclass(frozen=True)
class Measurement:
    """What was measured of every tap, what was predicted, what it is compared with, and where the rest went."""

    of: dict[str, Any]
    taps: dict[str, TapMeasures]
    predicted: dict[str, Any] | None = None
    references: dict[str, Any] = field(default_factory=dict)
    decomposition: dict[str, Any] | None = None
    verdict: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return {"of", "taps", "predicted", "references", "decomposition", "verdict"}; NaN is None.

        `decomposition` is None where `predicted` has no R^2, whose `refused` is then the reason of both.
        """
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


def measure_embeddings(
    taps: Mapping[str, Embeddings],
    subject: Subject,
    *,
    lag: int | None = None,
    objective: str = "sigreg",
    encoder: Tap | None = None,
    of: Mapping[str, Any] | None = None,
    quick: bool = False,
    asked: AskedReferences = NO_REFERENCES,
    reporter: Reporter | None = None,
) -> Measurement:
    """Measure embeddings, one or several taps side by side, against a subject's states.

    `lag` says which row's states an embedding belongs to (its own plus `lag`), and that this is meant. What is
    predicted, compared and decomposed is the last tap's. `quick` measures linear recovery alone. `asked` are references
    that cost a budget or weights.

    Raises UnusableEmbedding where an embedding's rows, values or shape do not fit, or fit another row's states better.
    """
    asked.check(encoder, subject)
    shown, found, sizes = reporter or SilentReporter(), {}, {}
    matched: list[tuple[np.ndarray, Subject]] = []
    for tap in taps.values():
        check_embedding(tap.h, tap.source)
        matched.append(_matched(tap, subject, lag))
    for (name, tap), (h, own) in zip(taps.items(), matched, strict=True):
        shown.say(f"measuring {name}: {len(h):,} rows x {h.shape[1]} dimensions")
        found[name] = _measured(h, own, tap.source, not quick)
        sizes[name] = {"source": tap.source, "rows": len(h), "d": h.shape[1]}
    last, (h, own) = list(found)[-1], matched[-1]
    ahead: dict[str, Any] | None = refused(objective, h.shape[1], QUICK)
    answer, compared = None, left_out(QUICK)
    if not quick:
        shown.say("predicting what the data allow")
        ahead, answer = predicted(own, h.shape[1], objective)
        compared = references(own, h, encoder, asked, shown)
    facts = {
        "data": subject.of,
        "rows": subject.rows,
        "states": list(subject.names),
        "constant": list(subject.constant),
        "taps": sizes,
        "input": None,
        "warnings": [],
        **(of or {}),
    }
    said = verdict(last, found[last], None if quick else ahead, len(found) > 1, compared)
    return Measurement(facts, found, ahead, compared, decomposition(found[last], own, answer, compared), said)


def measure_encoder(
    tap: Tap,
    subject: Subject,
    *,
    lag: int | None = None,
    objective: str = "sigreg",
    quick: bool = False,
    asked: AskedReferences = NO_REFERENCES,
    reporter: Reporter | None = None,
) -> Measurement:
    """Encode a subject's frames, in batches, and measure the embeddings.

    Raises UnusableEmbedding where the subject has no frames, and as `preflight` and `measure_embeddings`.
    """
    shown = reporter or SilentReporter()
    if subject.frames is None:
        raise UnusableEmbedding(f"{subject.of} has no frames that an encoder could see.")
    asked.check(tap, subject)
    check = preflight(tap, subject.frames)
    shown.say(f"input: {check.given}; embedding: {check.returned}")
    for warning in check.warnings:
        shown.say(f"warning: {warning}")
    with shown.task("encoding", subject.rows, "frames") as advance:
        h = encode_all(tap, subject.frames, progress=advance)
    of = {"input": check.given, "warnings": list(check.warnings)}
    taps = {"encoder": Embeddings(h, None, tap.encoder.source)}
    how: dict[str, Any] = {"lag": lag, "objective": objective, "quick": quick, "asked": asked, "reporter": shown}
    return measure_embeddings(taps, subject, encoder=tap, of=of, **how)


def _measured(h: Float[np.ndarray, "rows d"], subject: Subject, where: str, thorough: bool) -> TapMeasures:
    try:
        return measure_tap(h, subject, thorough=thorough)
    except ValueError as error:
        raise UnusableEmbedding(f"{where} cannot be measured: {error}.") from error


def _matched(tap: Embeddings, subject: Subject, lag: int | None) -> tuple[Float[np.ndarray, "rows d"], Subject]:
    """Return the embedding and the subject's rows that it belongs to, both in rising order of rows."""
    h, own, ids = tap.h, subject, tap.rows
    if subject.kept is not None:
        h, ids = without_dropped(h, ids, subject.kept, tap.source)
    rows = aligned_rows(h, ids, subject.rows, tap.source)
    if rows is None:
        check_count(h, subject, tap.source)
    else:
        order = np.argsort(rows)
        h, own = h[order], subject.at(rows[order])
    if lag is None:
        check_lag(h, own, tap.source)
    elif lag != 0:
        h, own = shifted(h, own, lag)
    return h, own


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
