"""First and second moments of embeddings and states, block by block: every linear measure follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.measures.row_blocks import NOWHERE, RowBlocks
from worldprobe.stats.subsample import evenly_spaced

CHUNK = 1 << 14
"""Rows in double precision at a time."""

PEEKED = 4096
"""Rows from which the columns' centre and scale are taken; they only keep the sums well conditioned."""

NEGLIGIBLE = 1e-10
"""Directions with less of the largest eigenvalue are no features but rounding."""


@dataclass(frozen=True)
class BlockMoments:
    """Sums over every block of (h, z) and of their products, columns centred and scaled by about their mean and sd."""

    count: Float[np.ndarray, " blocks"]
    total: Float[np.ndarray, "blocks p"]
    gram: Float[np.ndarray, "blocks p p"]
    centre: Float[np.ndarray, " p"]
    scale: Float[np.ndarray, " p"]
    d: int
    """How many of the p columns are the embedding's, the first ones."""
    fold: Int[np.ndarray, " blocks"]

    @property
    def h(self) -> slice:
        """The embedding's columns."""
        return slice(0, self.d)

    @property
    def z(self) -> slice:
        """The states' columns."""
        return slice(self.d, self.total.shape[1])

    def rows(self) -> int:
        """Return how many rows there are in all blocks."""
        return int(self.count.sum())

    def merged(self, blocks: Int[np.ndarray, " k"]) -> BlockMoments:
        """Return the moments of these blocks as those of one, in no fold."""
        count, total = (sums[blocks].sum(axis=0, keepdims=True) for sums in (self.count, self.total))
        return BlockMoments(
            count, total, self._products(blocks)[None], self.centre, self.scale, self.d, np.array([NOWHERE])
        )

    def covariance(self, blocks: Int[np.ndarray, " k"] | None = None) -> Float[np.ndarray, "p p"]:
        """Return the covariance of the scaled columns, over some blocks or all."""
        use = np.arange(len(self.count)) if blocks is None else blocks
        n = self.count[use].sum()
        mean = self.total[use].sum(axis=0) / n
        return self._products(use) / n - np.outer(mean, mean)

    def _products(self, blocks: Int[np.ndarray, " k"]) -> Float[np.ndarray, "p p"]:
        """Return the sum of the blocks' products, one after the other: gathered, they would be copied first."""
        found = np.zeros(self.gram.shape[1:])
        for block in blocks:
            found += self.gram[block]
        return found

    def covariance_in_units(self) -> Float[np.ndarray, "p p"]:
        """Return the covariance of the columns as they were given."""
        return self.covariance() * np.outer(self.scale, self.scale)


def block_moments(h: Float[np.ndarray, "rows d"], z: Float[np.ndarray, "rows n"], blocks: RowBlocks) -> BlockMoments:
    """Return the moments of every block in one pass, never holding more than 16,384 rows in double precision."""
    d, n = h.shape[1], z.shape[1]
    centre, scale = _peek(h, z)
    count = np.zeros(blocks.count)
    total, gram = np.zeros((blocks.count, d + n)), np.zeros((blocks.count, d + n, d + n))
    order = np.argsort(blocks.block, kind="stable")
    edges = np.searchsorted(blocks.block[order], np.arange(blocks.count + 1))
    for block in range(blocks.count):
        rows = order[edges[block] : edges[block + 1]]
        for first in range(0, len(rows), CHUNK):
            part = rows[first : first + CHUNK]
            x = np.empty((len(part), d + n))
            x[:, :d], x[:, d:] = h[part], z[part]
            x -= centre
            x /= scale
            count[block] += len(part)
            total[block] += x.sum(axis=0)
            gram[block] += x.T @ x
    assert NOWHERE < 0  # rows in gaps sort before every block
    return BlockMoments(count, total, gram, centre, scale, d, blocks.fold)


def _peek(
    h: Float[np.ndarray, "rows d"], z: Float[np.ndarray, "rows n"]
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " p"]]:
    rows = evenly_spaced(len(h), PEEKED)
    seen = np.concatenate([h[rows], z[rows]], axis=1).astype(np.float64)
    spread = seen.std(axis=0)
    return seen.mean(axis=0), np.where(spread > 0, spread, 1.0)


def least_squares(covariance: Float[np.ndarray, "p p"], x: slice, y: slice) -> Float[np.ndarray, "k m"]:
    """Return the weights of y on x from their covariance; collinear features share theirs."""
    values, vectors = np.linalg.eigh(covariance[x, x])
    kept = values > NEGLIGIBLE * max(values[-1], np.finfo(float).tiny)
    v = vectors[:, kept]
    return v @ ((v.T @ covariance[x, y]) / values[kept][:, None])
