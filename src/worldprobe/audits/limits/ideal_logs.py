"""A log is judged against ideal logs of its own size: Ornstein-Uhlenbeck walks of its rows and episodes.

All states of an ideal log have the pair correlation of the log's slowest: unequal ones are a fault, not a size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy.signal import lfilter

from worldprobe.audits.exploration_audit import audit_regime
from worldprobe.audits.gate import Gate, Verdict
from worldprobe.audits.trajectory import episode_starts, nan_free_correlation
from worldprobe.explore import Pairs
from worldprobe.results import AgainstIdeal

LOGS, FEW_STATES = 3, 8
"""Ideal logs that are drawn; of more states than FEW_STATES one."""

MOST_ROWS = 30_000
"""Rows of an ideal log at most: more rows fail fewer gates, never more."""

MOST_STATES = 32
FASTEST, SLOWEST = 0.0, 0.999999


def against_ideal(pairs: Pairs, names: Sequence[str], gates: Sequence[Gate], seed: int = 0) -> AgainstIdeal | None:
    """Return how many kinds of gate this log fails, and ideal ones do; None for more than `MOST_STATES` states."""
    if len(names) > MOST_STATES:
        return None
    logs = LOGS if len(names) <= FEW_STATES else 1
    found = [kinds(audit_regime(ideal_log(pairs, np.random.default_rng([seed, own])), names)) for own in range(logs)]
    failing = kinds([gate for gate in gates if gate.gate != "prediction"])
    counts = [len(own) for own in found]
    ideal = sorted({name for own in found for name in own})
    return AgainstIdeal(failing=failing, ideal=float(np.mean(counts)), ideal_most=max(counts), ideal_failing=ideal)


def kinds(gates: Sequence[Gate]) -> list[str]:
    """Return the names of the gates that fail, each once, in order."""
    return list(dict.fromkeys(gate.gate for gate in gates if gate.verdict is Verdict.FAIL))


def ideal_log(pairs: Pairs, rng: np.random.Generator) -> Pairs:
    """Return stationary Gaussian walks of these rows and episodes, with the slowest state's pair correlation."""
    index = pairs.index[pairs.index.max(axis=1) < MOST_ROWS]
    rows = int(index.max()) + 1
    starts = episode_starts(index, rows)
    stride = float(np.median(np.abs(index[:, 1] - index[:, 0])).clip(1.0))
    # One state in memory at a time: a million rows of 30 states in double precision are a quarter of a gigabyte.
    ends = ((z[pairs.index[:, 0]], z[pairs.index[:, 1]]) for z in pairs.controls.T)
    rho = max(nan_free_correlation(a.astype(np.float64), b.astype(np.float64)) for a, b in ends)
    each = np.full(pairs.controls.shape[1], np.clip(rho, FASTEST, SLOWEST) ** (1.0 / stride))
    return Pairs(_walks(each, np.diff([*starts, rows]), rng), index)


def _walks(
    rho: Float[np.ndarray, " n"], lengths: Int[np.ndarray, " episodes"], rng: np.random.Generator
) -> Float[np.ndarray, "rows n"]:
    """Return one walk of N(0, 1) per episode, one after the other."""
    noise = rng.standard_normal((int(lengths.sum()), len(rho)))
    starts = np.cumsum(lengths) - lengths
    scale = np.tile(np.sqrt(1.0 - rho**2), (len(noise), 1))
    scale[starts] = 1.0
    noise *= scale
    for start, length in zip(starts, lengths, strict=True):
        rows = slice(start, start + length)
        for state, own in enumerate(rho):
            noise[rows, state] = lfilter([1.0], [1.0, -own], noise[rows, state])
    return noise
