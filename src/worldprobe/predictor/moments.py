"""Second moments of functions at the two members of a pair, block by block, so that blocks can be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.stats.jackknife import BLOCKS, PairSample

ROWS_AT_ONCE = 8192

Values = Callable[[slice], tuple[Float[np.ndarray, "N M"], Float[np.ndarray, "N M"]]]
"""The functions' values at the first and at the second members of a run of pairs."""


@dataclass(frozen=True)
class Covariances:
    """C_0, C_1, Cov(phi, z) and Var(z), over both members of the pairs and their mirror images."""

    gram: Float[np.ndarray, "M M"]
    lagged: Float[np.ndarray, "M M"]
    read: Float[np.ndarray, "M n"]
    variance: Float[np.ndarray, " n"]

    def combined(self, weights: Float[np.ndarray, "M k"]) -> Covariances:
        """Return the covariances of the functions phi @ weights."""
        return Covariances(
            weights.T @ self.gram @ weights, weights.T @ self.lagged @ weights, weights.T @ self.read, self.variance
        )


@dataclass(frozen=True)
class Moments:
    """Moments of M functions phi and of n controls z over both members of the pairs, a row per block.

    Their mean over blocks, weighted by `count`, is the moment over the pairs of those blocks.
    """

    count: Float[np.ndarray, " blocks"]
    mean: Float[np.ndarray, "blocks M"]
    gram: Float[np.ndarray, "blocks M M"]
    lagged: Float[np.ndarray, "blocks M M"]
    read: Float[np.ndarray, "blocks M n"]
    fourth: Float[np.ndarray, "blocks M"]
    control: Float[np.ndarray, "blocks n"]
    control_square: Float[np.ndarray, "blocks n"]

    def over(self, weights: Float[np.ndarray, " blocks"]) -> Covariances:
        """Return covariances over blocks that count `weights` times each."""
        share = self.count * weights / (self.count * weights).sum()
        mean, control = share @ self.mean, share @ self.control
        return Covariances(
            gram=np.tensordot(share, self.gram, 1) - np.outer(mean, mean),
            lagged=np.tensordot(share, self.lagged, 1) - np.outer(mean, mean),
            read=np.tensordot(share, self.read, 1) - np.outer(mean, control),
            variance=share @ self.control_square - control**2,
        )

    def all(self) -> Covariances:
        """Return covariances over all pairs."""
        return self.over(np.ones(len(self.count)))

    def without_each(self) -> list[Covariances]:
        """Return covariances with each block left out in turn."""
        return [self.over((np.arange(len(self.count)) != block).astype(float)) for block in range(len(self.count))]

    def effective(self) -> Float[np.ndarray, " M"]:
        """Return how many members of pairs each function lives on: their number over the function's kurtosis."""
        share = self.count / self.count.sum()
        square = share @ np.diagonal(self.gram, axis1=1, axis2=2)
        return 2.0 * self.count.sum() * square**2 / (share @ self.fourth).clip(np.finfo(float).tiny)

    def blocks(self) -> Float[np.ndarray, " M"]:
        """Return over how many blocks each function's variance is spread: all where every block has the same."""
        held = self.count[:, None] * np.diagonal(self.gram, axis1=1, axis2=2)
        return held.sum(axis=0) ** 2 / (held**2).sum(axis=0).clip(np.finfo(float).tiny)

    def chosen(self, functions: Int[np.ndarray, " chosen"]) -> Moments:
        """Return the moments of some of the functions."""
        both = np.ix_(np.arange(len(self.count)), functions, functions)
        return Moments(
            self.count,
            self.mean[:, functions],
            self.gram[both],
            self.lagged[both],
            self.read[:, functions],
            self.fourth[:, functions],
            self.control,
            self.control_square,
        )


def moments(values: Values, z: PairSample) -> Moments:
    """Return the moments of functions, given at both members of any run of pairs, and of the controls z."""
    rows = [_block(values, z, z.rows(block)) for block in range(BLOCKS)]
    return Moments(*(np.stack(column) for column in zip(*rows, strict=True)))


def _block(values: Values, z: PairSample, block: slice) -> list[Float[np.ndarray, "..."]]:
    """Return the moments of one block: products over a few thousand pairs, summed in float64."""
    parts = [
        _sums(*values(rows), z.first[rows], z.second[rows])
        for start in range(block.start, block.stop, ROWS_AT_ONCE)
        for rows in [slice(start, min(start + ROWS_AT_ONCE, block.stop))]
    ]
    count = float(block.stop - block.start)
    plus, minus, mean, read, fourth, control, square = (
        sum(part.astype(np.float64) for part in column) / count for column in zip(*parts, strict=True)
    )
    return [np.array(count), mean, plus + minus, plus - minus, read, fourth, control, square]


def _sums(
    one: Float[np.ndarray, "N M"],
    two: Float[np.ndarray, "N M"],
    z_one: Float[np.ndarray, "N n"],
    z_two: Float[np.ndarray, "N n"],
) -> tuple[Float[np.ndarray, "..."], ...]:
    """Return sums over pairs; one symmetric product of phi + phi' and one of phi - phi' give C_0 and C_1."""
    plus, minus = one + two, one - two
    return (
        plus.T @ plus / 4,
        minus.T @ minus / 4,
        plus.sum(axis=0) / 2,
        (one.T @ z_one.astype(one.dtype) + two.T @ z_two.astype(one.dtype)) / 2,
        ((one**2) ** 2 + (two**2) ** 2).sum(axis=0) / 2,
        (z_one + z_two).sum(axis=0) / 2,
        (z_one**2 + z_two**2).sum(axis=0) / 2,
    )
