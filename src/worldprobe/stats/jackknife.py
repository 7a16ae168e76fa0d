"""A block jackknife (Quenouille 1949; Tukey 1958) over pairs: dependent pairs stay in one block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.errors import InvalidValue

BLOCKS = 20
"""Blocks of a sample: enough for an error bar with 19 degrees of freedom, few enough that each is a sample."""

STUDENT_95 = 2.093
"""Student's t at 97.5 % with 19 degrees of freedom."""

Groups = Int[np.ndarray, " labels"] | int | None
"""Which pairs belong together: a label per pair, or how many consecutive ones do (frames of a clip less one)."""


@dataclass(frozen=True)
class PairSample:
    """Pairs (z, z') in `BLOCKS` blocks of consecutive pairs; `starts` has the first row of each, and the end."""

    first: Float[np.ndarray, "pairs n"]
    second: Float[np.ndarray, "pairs n"]
    starts: Int[np.ndarray, " blocks_and_one"]
    groups: int

    @property
    def pooled(self) -> Float[np.ndarray, "both n"]:
        """Both members of every pair: the objectives see either as the other, so this is *the* distribution of z."""
        return np.concatenate([self.first, self.second])

    def rows(self, block: int) -> slice:
        """Return the rows of one block."""
        return slice(int(self.starts[block]), int(self.starts[block + 1]))

    def __len__(self) -> int:
        return len(self.first)


def sample_pairs(
    first: Float[np.ndarray, "pairs n"],
    second: Float[np.ndarray, "as_many as_wide"],
    groups: Groups,
    at_most: int,
    rng: np.random.Generator,
) -> PairSample:
    """Return at most about `at_most` pairs in blocks; whole groups are kept or left, drawn at random, in their order.

    Blocks are of consecutive groups, so that the slow drift of a walk that was not declared as one still widens the
    error bars. Raises InvalidValue where the two members or the labels do not match, or where a number is not finite.
    """
    if first.shape != second.shape:
        raise InvalidValue("second", second.shape, f"{first.shape}, the shape of the first members")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InvalidValue("controls", "NaN or infinity", "finite numbers", "Leave those pairs out.")
    labels = _labels(groups, len(first))
    # Labels in order of appearance; consecutive pairs of a label need not be neighbours in the array.
    _, appeared, members, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(appeared))
    keep = rng.random(len(sizes)) < at_most / len(first)
    rows = np.flatnonzero(keep[members])
    rows = rows[np.argsort(rank[members[rows]], kind="stable")]
    ordered = sizes[np.argsort(appeared)][keep[np.argsort(appeared)]]
    return PairSample(
        first[rows].astype(np.float64), second[rows].astype(np.float64), _starts(ordered), int(np.count_nonzero(keep))
    )


def _labels(groups: Groups, pairs: int) -> Int[np.ndarray, " pairs"]:
    if groups is None:
        return np.arange(pairs)
    if isinstance(groups, int):
        if groups < 1:
            raise InvalidValue("groups", groups, "1 or more consecutive pairs")
        return np.arange(pairs) // groups
    if len(groups) != pairs:
        raise InvalidValue("groups", f"{len(groups):,} labels", f"{pairs:,}, one per pair")
    return groups


def _starts(sizes: Int[np.ndarray, " groups"]) -> Int[np.ndarray, " blocks_and_one"]:
    """Cut the groups, in order, where their running total passes each twentieth of all pairs."""
    ends = np.concatenate([[0], np.cumsum(sizes)])
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1], BLOCKS + 1), side="left")
    return ends[np.minimum(cuts, len(ends) - 1)].astype(np.int64)


@dataclass(frozen=True)
class Estimate:
    """A number (or an array of them) with its standard error over blocks."""

    value: Float[np.ndarray, "..."]
    error: Float[np.ndarray, "..."]


def jackknife(full: Float[np.ndarray, "..."] | float, without: Float[np.ndarray, "blocks ..."]) -> Estimate:
    """Return the estimate less its bias of order 1 / pairs, and its standard error, from leaving out each block.

    Quenouille's and Tukey's grouped jackknife. A fitted feature mixes with others by chance, which lowers its R^2 by a
    term of order (functions / pairs); that is the bias taken away here.
    """
    count, mean = len(without), without.mean(axis=0)
    value = count * full - (count - 1) * mean
    variance = (count - 1) / count * ((without - mean) ** 2).sum(axis=0)
    return Estimate(np.asarray(value), np.asarray(np.sqrt(variance)))
