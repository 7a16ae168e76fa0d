"""Run an encoder over frames, a batch at a time, after a look at what it is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, Shaped

from worldprobe.errors import InvalidValue, WorldprobeError, in_words, option
from worldprobe.taps.encoder import Encode, ForeignEncoder
from worldprobe.taps.outputs import embedding_of
from worldprobe.taps.preprocessing import Preprocessing

BATCH = 256
MOST_BYTES = 1 << 32
"""Of one batch of prepared input."""

PEEKED = 32
"""Observations that the preflight looks at."""

SAME = 1e-3
"""An embedding that moves by more than this share of its spread with its batch depends on the batch."""


@runtime_checkable
class Observations(Protocol):
    """Frames or vectors that are read by row."""

    def __len__(self) -> int: ...

    def read(self, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        """Return some rows' observations."""


class RowsOfObservations:
    """Some rows of other observations, in order."""

    def __init__(self, observations: Observations, rows: np.ndarray) -> None:
        self._observations, self._rows = observations, rows

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return some of the rows' observations."""
        return self._observations.read(self._rows[rows])


@dataclass(frozen=True)
class Tap:
    """How an encoder is used: its input's pre-processing, which output is the embedding, and how it is pooled."""

    encoder: ForeignEncoder
    prepare: Preprocessing = field(default_factory=Preprocessing)
    output: str | None = None
    pool: str | None = None
    batch: int = BATCH

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise InvalidValue("batch", self.batch, "1 or more frames")


@dataclass(frozen=True)
class InputCheck:
    """What the model is given and returns, in words, and what looks wrong about it."""

    given: str
    returned: str
    warnings: tuple[str, ...]


def preflight(tap: Tap, observations: Observations) -> InputCheck:
    """Encode a few observations, and raise in one line what would fail on all of them.

    Raises InvalidValue where the model refuses its input, UnusableEmbedding where its output is no vector a row.
    """
    rows = np.unique(np.linspace(0, len(observations) - 1, PEEKED).astype(np.int64))
    seen = observations.read(rows)
    _check_room(tap, seen)
    x = prepared(tap, seen)
    h = _embedded(tap, tap.encoder.encode, x)
    warnings = [*tap.encoder.notes, *tap.prepare.doubts(x)]
    if len(h) != len(x):
        mend = "Transpose it: frames come first." if h.shape[1] == len(x) else ""
        raise InvalidValue("output", h.shape, f"({len(x)}, d), a row for every frame of the batch", mend)
    alone = _embedded(tap, tap.encoder.encode, x[: max(len(x) // 4, 1)])
    spread = float(h.std(axis=0).mean())
    moved = float(np.abs(alone - h[: len(alone)]).mean())
    if moved > SAME * max(spread, 1e-12):
        share = f"{moved / max(spread, 1e-12):.0%}"
        warnings.append(
            f"the embedding of a frame depends on the other frames of its batch, by {share} of its spread: batch "
            "normalisation was left in training mode, or the model mixes its batch"
        )
    return InputCheck(tap.prepare.described(x), f"{h.dtype} (N, {h.shape[1]})", tuple(warnings))


def encode_all(
    tap: Tap,
    observations: Observations,
    *,
    untrained: int | None = None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Float[np.ndarray, "rows d"]:
    """Return the embeddings of all observations, float32; of the network with weights from a seed, where one is given.

    Raises as `preflight`, and InvalidValue where there is no untrained network.
    """
    encode = tap.encoder.encode
    if untrained is not None:
        if tap.encoder.untrained is None:
            raise InvalidValue("untrained", tap.encoder.source, "a module", tap.encoder.why_no_untrained)
        encode = tap.encoder.untrained(untrained)
    whole: np.ndarray | None = None
    for first in range(0, len(observations), tap.batch):
        rows = np.arange(first, min(first + tap.batch, len(observations)))
        h = _embedded(tap, encode, prepared(tap, observations.read(rows)))
        if whole is None:
            whole = np.empty((len(observations), h.shape[1]), dtype=np.float32)
        if h.shape != (len(rows), whole.shape[1]):
            allowed = f"({len(rows)}, {whole.shape[1]}), a row for every frame and as many dimensions as before"
            raise InvalidValue("output", f"shape {h.shape} for rows {first} to {rows[-1]}", allowed)
        whole[rows] = h
        progress(len(rows))
    assert whole is not None
    return whole


def _check_room(tap: Tap, observations: Shaped[np.ndarray, "k ..."]) -> None:
    side, rows = tap.prepare.size, max(tap.batch, PEEKED)
    if side is None or observations.ndim != 4:
        return
    size = rows * side * side * observations.shape[-1] * (4 if tap.prepare.floats else 1)
    if size > MOST_BYTES:
        allowed = f"batches of at most {MOST_BYTES >> 30} GiB"
        mend = f"{rows} frames of that size have {size / 2**30:.0f} GiB: lower it, or {option('batch')}."
        raise InvalidValue("size", side, allowed, mend)


def prepared(tap: Tap, observations: Shaped[np.ndarray, "k ..."]) -> Shaped[np.ndarray, "k ..."]:
    """Return some observations as the encoder takes them; raises InvalidValue for frames that are not uint8."""
    if observations.ndim != 4:
        if tap.prepare != Preprocessing():
            raise InvalidValue("pre-processing", "given", "nothing, for observations that are vectors, not frames")
        return np.require(observations, requirements=("C", "W"))
    if observations.dtype != np.uint8:
        raise InvalidValue(
            "frames", f"{observations.dtype}, {observations.min():.3g} to {observations.max():.3g}", "uint8, 0 .. 255"
        )
    return np.require(tap.prepare(observations), requirements=("C", "W"))


def _embedded(tap: Tap, encode: Encode, x: Shaped[np.ndarray, "k ..."]) -> Float[np.ndarray, "as_returned d"]:
    try:
        returned = encode(x.copy())  # many models normalise their input in place
    except WorldprobeError:
        raise
    except (Exception, SystemExit) as error:  # whatever somebody's model raises
        reason = in_words(error) if isinstance(error, SystemExit) else " ".join(str(error).split())[:240]
        raise InvalidValue(
            "input",
            f"{x.dtype} (N, {', '.join(map(str, x.shape[1:]))})",
            f"what {tap.encoder.source} takes",
            f"It said: {reason}. Say its pre-processing with --size, --layout, --range, --mean and --std.",
        ) from error
    output = tap.output if tap.output is not None else tap.encoder.default_output
    return embedding_of(returned, output, tap.pool, tap.encoder.source)
