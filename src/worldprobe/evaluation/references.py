"""What a recovery is compared with: chance, the same network untrained or supervised, the pixels, a known model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from worldprobe._util.progress import Reporter
from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.evaluation.subject import Subject, split_stream
from worldprobe.evaluation.supervised_reference import WITHOUT_BUDGET, check_supervised, train_supervised, why_not
from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.linear_recovery import CrossFittedR2, linear_recovery
from worldprobe.measures.ridge_recovery import ridge_recovery
from worldprobe.measures.row_blocks import spread_over
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.taps.encode import Observations, RowsOfObservations, Tap, encode_all, preflight

SIDE = 16
"""Frames are averaged down to this many pixels a side before the ridge reads them."""

AT_MOST = 20_000
"""Rows, evenly spread, that references are measured on."""

REFERENCES = ("chance", "untrained", "pixels", "supervised", "pretrained")


@dataclass(frozen=True)
class AskedReferences:
    """References that cost a budget or weights: steps of supervised training, and a frozen pretrained encoder."""

    supervised: int | None = None
    pretrained: Tap | None = None

    def check(self, tap: Tap | None, subject: Subject) -> None:
        """Raise, before any work is done, where one of them cannot be measured; as `preflight` does."""
        check_supervised(self.supervised, tap)
        if self.pretrained is not None:
            if subject.frames is None:
                raise InvalidValue("pretrained", self.pretrained.encoder.source, f"with frames: {subject.of} has none")
            preflight(self.pretrained, subject.frames)


def references(
    subject: Subject,
    h: Float[np.ndarray, "rows d"],
    tap: Tap | None,
    asked: AskedReferences,
    reporter: Reporter,
) -> dict[str, Any]:
    """Return the R^2 of every reference that can be had, and for each of the others why not."""
    found: dict[str, Any] = {"chance": _chance(h, subject)}
    lacking = {}
    if tap is None or subject.frames is None:
        lacking["untrained"] = "embeddings alone were given: name the encoder with --encoder FILE.py:NAME"
    elif tap.encoder.untrained is None:
        lacking["untrained"] = tap.encoder.why_no_untrained
    else:
        own, frames = _some(subject)
        with reporter.task("untrained network", len(frames), "frames") as advance:
            found["untrained"] = _r2(linear_recovery, encode_all(tap, frames, untrained=0, progress=advance), own)
    if subject.frames is None:
        lacking["pixels"] = "no frames were given"
    else:
        own, frames = _some(subject)
        with reporter.task("raw pixels", len(frames), "frames") as advance:
            found["pixels"] = _r2(ridge_recovery, _pixels(frames, advance), own)
    if asked.supervised is None or tap is None or subject.frames is None:
        lacking["supervised"] = why_not(tap) or WITHOUT_BUDGET
    else:
        own, frames = _some(subject)
        with reporter.task("supervised network", asked.supervised, "steps") as advance:
            taught = train_supervised(tap, own, frames, asked.supervised, advance)
        found["supervised"] = _r2(linear_recovery, taught.h, replace(own, blocks=taught.blocks))
        found["supervised"]["steps"] = asked.supervised
    if asked.pretrained is None or subject.frames is None:
        lacking["pretrained"] = "none was named: --pretrained MODEL"
    else:
        own, frames = _some(subject)
        with reporter.task("pretrained encoder", len(frames), "frames") as advance:
            found["pretrained"] = _r2(linear_recovery, encode_all(asked.pretrained, frames, progress=advance), own)
        found["pretrained"]["source"] = asked.pretrained.encoder.source
    return {name: found.get(name) for name in REFERENCES} | {"reasons": lacking}


def left_out(reason: str) -> dict[str, Any]:
    """Return the references as if none could be had, for one reason."""
    return dict.fromkeys(REFERENCES) | {"reasons": dict.fromkeys(REFERENCES, reason)}


def _some(subject: Subject) -> tuple[Subject, Observations]:
    assert subject.frames is not None
    rows = evenly_spaced(subject.rows, AT_MOST)
    if len(rows) == subject.rows:
        return subject, subject.frames
    return subject.at(rows), RowsOfObservations(subject.frames, rows)


def _chance(h: Float[np.ndarray, "rows d"], subject: Subject) -> float | None:
    """Return the R^2 of the states half the data away: what this many dimensions and rows read of nothing.

    Half the scored and fitted rows each, where those are two sets.
    """
    blocks = subject.split(split_stream())
    rows = spread_over(np.flatnonzero(blocks.block >= 0), AT_MOST)
    away = subject.z.copy()
    if subject.starts is None:
        away = away[split_stream().permutation(len(away))]
    else:
        away = np.roll(away, subject.rows // 2, axis=0)
    try:
        return linear_recovery(block_moments(h[rows], away[rows], blocks.at(rows)), split_stream()).mean
    except ValueError:
        return None


def _r2(recovery: Any, h: Float[np.ndarray, "rows d"], subject: Subject) -> dict[str, Any]:
    rng = split_stream()
    try:
        read: CrossFittedR2 = recovery(block_moments(h, subject.z, subject.split(rng)), rng)
    except ValueError as error:
        raise WorldprobeError(f"A reference cannot be measured: {error}.") from error
    return {
        "r2": read.mean,
        "ci95": list(read.mean_ci95),
        "r2_per_state": dict(zip(subject.names, read.r2.tolist(), strict=True)),
    }


def _pixels(frames: Observations, advance: Any) -> Float[np.ndarray, "rows m"]:
    parts = []
    for first in range(0, len(frames), 256):
        seen = frames.read(np.arange(first, min(first + 256, len(frames))))
        parts.append(_shrunk(seen).reshape(len(seen), -1).astype(np.float32))
        advance(len(seen))
    return np.concatenate(parts)


def _shrunk(seen: np.ndarray) -> np.ndarray:
    if seen.ndim != 4 or seen.dtype != np.uint8 or max(seen.shape[1:3]) <= SIDE:
        return seen
    box = Image.Resampling.BOX
    return np.stack([np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), box)) for frame in seen])
