"""Decay rates K = -log rho of linear and quadratic features of the controls, with their errors on the log scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.audits.sampling_bounds import SIGMAS
from worldprobe.audits.trajectory import Log
from worldprobe.stats.correlation import column_correlation
from worldprobe.stats.sampling_error import standard_error
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.stats.whitening import whitened

LEAST_RHO, LEAST_K = 1e-3, 1e-12
"""A smaller correlation, or a smaller rate, counts as this one."""

MOST_PRODUCTS = 20_000_000
"""Products of two controls that are computed at most, over all pairs."""

LARGEST_SLACK = 2.5
"""The most that sampling is taken to change a logarithm of a rate by, a factor of 12: of ideal logs that are shorter
than one time of decorrelation, the ratio of two rates is below 14 in 99 of 100."""

LARGEST_SLACK_OF_FEW, FEWEST_DRAWS = 5.0, 10.0
"""The same, a factor of 148, where not even the fastest control is worth so many independent draws: in two or three
episodes shorter than a time of decorrelation, how far they lie apart is chance, and so is every rate's unit. Of 300
ideal logs the largest ratio of two rates there is 63."""

FEW_DRAWS = 50.0
"""Independent draws below which blocks are too few for a standard error."""

AXES_PAIRS, DRAWS_PER_CONTROL = 100_000, 20.0
"""Pairs that mixtures are estimated from; independent draws per control below which they are not."""

MORE_UNEQUAL = 1.25
"""Mixtures are judged in place of the controls where the ratio of their rates is so many times as large."""

OWN = 0.8
"""Squared share from which a mixture is called by one control's name."""


@dataclass(frozen=True)
class Rates:
    """Pair correlations of some features, with their standard errors."""

    names: Sequence[str]
    rho: Float[np.ndarray, " k"]
    error: Float[np.ndarray, " k"]
    draws: float = np.inf
    """Independent draws of the slowest control: a variance of M draws is known within a factor of exp(sqrt(2 / M))."""
    most_draws: float = np.inf
    """Independent draws of the fastest control."""
    chosen_among: int = 0
    """From how many controls the directions were chosen, so that they differ most; 0 where they were not."""

    @property
    def k(self) -> Float[np.ndarray, " k"]:
        """K = -log rho."""
        return _rate(self.rho)

    @property
    def fast(self) -> int:
        """The feature with the largest K."""
        return int(self.k.argmax())

    @property
    def slow(self) -> int:
        """The feature with the smallest K."""
        return int(self.k.argmin())

    @property
    def ratio(self) -> float:
        """max K / min K."""
        return float(self.k[self.fast] / self.k[self.slow])

    def slack(self, feature: int, sigmas: float = SIGMAS) -> tuple[float, float]:
        """Return by how much log K may be smaller, and larger, than it was found; each at most `largest_slack`."""
        rho, off, k = self.rho[feature], sigmas * self.error[feature], self.k[feature]
        less, more = _rate(np.array([rho + off, rho - off]))
        few = sigmas * np.sqrt(2.0 / self.draws) if self.draws < FEW_DRAWS else 0.0
        low, high = max(float(np.log(k / less)), few), max(float(np.log(more / k)), few)
        return min(low, self.largest_slack), min(high, self.largest_slack)

    @property
    def largest_slack(self) -> float:
        """The most that sampling is taken to change a logarithm of a rate by."""
        return LARGEST_SLACK if self.most_draws >= FEWEST_DRAWS else LARGEST_SLACK_OF_FEW

    @property
    def allowance(self) -> float:
        """Return what sampling may add to the logarithm of max K / min K."""
        # The extreme eigenvalues of a sample of n columns lie 2 sqrt(n) standard errors from the middle.
        sigmas = SIGMAS + 2.0 * float(np.sqrt(self.chosen_among))
        return min(
            float(np.hypot(self.slack(self.fast, sigmas)[0], self.slack(self.slow, sigmas)[1])), self.largest_slack
        )

    def subject(self, controls: Sequence[str]) -> str:
        """Return the fastest feature's name where it is a control, else "all controls"."""
        name = self.names[self.fast]
        return name if name in controls else "all controls"


def _rate(rho: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    found: Float[np.ndarray, " k"] = -np.log(np.clip(rho, LEAST_RHO, 1.0 - LEAST_K))
    return found


def pair_correlation(
    a: Float[np.ndarray, "pairs k"], b: Float[np.ndarray, "pairs k"]
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Return the correlation between the two members of a pair, per column, and its standard error.

    The error is that of the influence function ab - rho (a^2 + b^2) / 2, correlation along the log included.
    """
    rho = np.nan_to_num(column_correlation(a, b))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    scale = np.maximum(np.sqrt((a**2).mean(axis=0) * (b**2).mean(axis=0)), 1e-300)
    influence = a * b / scale - 0.5 * rho * (a**2 + b**2) / scale
    return rho, standard_error(influence)


def rates_of(log: Log) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the pair correlation of every control and its standard error, one control in memory at a time."""
    found = [pair_correlation(*(end[:, None] for end in log.ends(i))) for i in range(len(log.names))]
    return np.array([rho[0] for rho, _ in found]), np.array([error[0] for _, error in found])


def linear_rates(log: Log, rho: Float[np.ndarray, " n"], error: Float[np.ndarray, " n"]) -> tuple[Rates, Log]:
    """Return the rates of the controls, or of those linear mixtures that differ most in theirs, and the log of either.

    Mixtures are the eigenvectors of the symmetrised correlation between the members of a pair, after whitening.
    """
    draws = float(log.effective.min())
    most = float(log.effective.max())
    plain = Rates(log.names, rho, error, draws, most)
    n = len(log.names)
    if n < 2 or draws < DRAWS_PER_CONTROL * n or (rho <= 0.0).any():
        return plain, log
    few = log.index[evenly_spaced(len(log.index), AXES_PAIRS)]
    both = whitened(np.concatenate([log.x[few[:, 0]], log.x[few[:, 1]]]))
    a, b = both[: len(few)], both[len(few) :]
    _, axes = np.linalg.eigh(a.T @ b + b.T @ a)
    a, b = a @ axes, b @ axes
    own_rho, own_error = pair_correlation(a, b)
    if (own_rho <= 0.0).any():
        return plain, log
    size = len(few)
    index = np.stack([np.arange(size), np.arange(size, 2 * size)], axis=1)
    names = [_called(log.names, axes[:, k]) for k in range(n)]
    mixed = Rates(names, own_rho, own_error, draws, most, n)
    if mixed.ratio <= MORE_UNEQUAL * plain.ratio:
        return plain, log
    return mixed, Log(tuple(names), np.concatenate([a, b]), index)


def _called(names: Sequence[str], axis: Float[np.ndarray, " n"]) -> str:
    """Return a mixture's name: its two largest parts, with the sign between them."""
    order = np.argsort(-np.abs(axis))
    if len(order) < 2 or axis[order[0]] ** 2 > OWN:
        return names[order[0]]
    sign = "plus" if axis[order[0]] * axis[order[1]] > 0.0 else "minus"
    return f"{names[order[0]]} {sign} {names[order[1]]}"


def best_quadratic(log: Log, at_most: int, draws: float) -> Rates:
    """Return the rate of the best aligned product of two whitened controls, with what is linear in it taken out."""
    n = len(log.names)
    index = log.index[evenly_spaced(len(log.index), min(at_most, 2 * MOST_PRODUCTS // (n * (n + 1))))]
    both = whitened(np.concatenate([log.x[index[:, 0]], log.x[index[:, 1]]]))
    linear, _ = np.linalg.qr(np.column_stack([np.ones(len(both)), both]))
    best, name, feature = -np.inf, "", both[:, :1]
    for i in range(both.shape[1]):
        products = both[:, i, None] * both[:, i:]
        products -= linear @ (linear.T @ products)
        rho = np.nan_to_num(column_correlation(products[: len(index)], products[len(index) :]))
        top = int(rho.argmax())
        if rho[top] > best:
            best, feature = float(rho[top]), products[:, top, None].copy()
            name = f"{log.names[i]} squared" if top == 0 else f"{log.names[i]} times {log.names[i + top]}"
    found, error = pair_correlation(feature[: len(index)], feature[len(index) :])
    return Rates((name,), found, error, draws)
