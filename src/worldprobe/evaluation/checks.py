"""What an embedding must be before it is measured: finite, not constant, a row for every row of the states."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.recordings.problems import rows_in_words
from worldprobe.taps.pooling import UnusableEmbedding

CHUNK = 1 << 16
LARGEST, SMALLEST = 1e100, 1e-100
"""Beyond these squares and their sums leave double precision."""


def check_embedding(h: Float[np.ndarray, "rows d"], where: str) -> None:
    """Raise UnusableEmbedding, in one sentence, where values are not finite or every row is the same."""
    if not len(h):
        raise UnusableEmbedding(f"{where} has no rows.")
    bad: list[int] = []
    count = 0
    low, high = np.full(h.shape[1], np.inf), np.full(h.shape[1], -np.inf)
    for first, part in _chunks(h):
        finite = np.isfinite(part).all(axis=1)
        if not finite.all():
            rows = first + np.flatnonzero(~finite)
            count += len(rows)
            bad += rows[: 6 - min(len(bad), 6)].tolist()
            continue
        np.minimum(low, part.min(axis=0), out=low)
        np.maximum(high, part.max(axis=0), out=high)
    if count:
        named = rows_in_words(bad) if count <= 5 else f"{count:,} rows ({', '.join(map(str, bad[:5]))}, ...)"
        raise UnusableEmbedding(
            f"{where} has NaN or infinity in {named} of {len(h):,}: the encoder diverged, or its input was not "
            "what it was trained on."
        )
    size = max(float(np.abs(high).max()), float(np.abs(low).max()))
    if not count and not (size == 0 or SMALLEST < size < LARGEST):
        raise UnusableEmbedding(
            f"{where} reaches {size:.0e}, too {'large' if size > 1 else 'small'} to be squared: rescale it."
        )
    if (high <= low).all():
        raise UnusableEmbedding(
            f"{where} is the same in all {len(h):,} rows: the encoder has collapsed, or it is given the same input "
            "every time."
        )


def aligned_rows(
    h: Float[np.ndarray, "N d"], ids: Int[np.ndarray, " N"] | None, rows: int, where: str
) -> Int[np.ndarray, " N"] | None:
    """Return which rows of the data the embeddings belong to, None for all in order; raises UnusableEmbedding."""
    if ids is None:
        return None
    if ids.min(initial=0) < 0 or ids.max(initial=0) >= rows:
        raise UnusableEmbedding(
            f"{where}: its row ids run from {ids.min()} to {ids.max()}, the data's rows 0 to {rows - 1}."
        )
    if len(np.unique(ids)) != len(ids):
        raise UnusableEmbedding(f"{where}: {len(ids) - len(np.unique(ids)):,} of its row ids come more than once.")
    return ids


def without_dropped(
    h: Float[np.ndarray, "N d"], ids: Int[np.ndarray, " N"] | None, kept: Bool[np.ndarray, " recorded"], where: str
) -> tuple[Float[np.ndarray, "few d"], Int[np.ndarray, " few"] | None]:
    """Return the embeddings of the rows that were kept, and their ids among these; ids are the log's own rows."""
    if ids is None:
        return (h[kept] if len(h) == len(kept) else h), None
    aligned_rows(h, ids, len(kept), where)
    use = kept[ids]
    return h[use], (np.cumsum(kept) - 1)[ids[use]]


def _chunks(h: Float[np.ndarray, "rows d"]) -> Iterator[tuple[int, np.ndarray]]:
    for first in range(0, len(h), CHUNK):
        yield first, np.asarray(h[first : first + CHUNK])
