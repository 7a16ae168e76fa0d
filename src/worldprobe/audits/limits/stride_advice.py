"""The stride that separates linear features best from nonlinear ones."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from worldprobe.audits.limits.mended_pairs import StatePairs
from worldprobe.audits.limits.quick_prediction import QuickPrediction, quick
from worldprobe.explore import Pairs
from worldprobe.predictor.decorrelation import decorrelated
from worldprobe.results import StrideAdvice

FACTORS = (1, 2, 4, 8, 16, 32, 64)
MOST_PAIRS = 5_000
NARROW, OPEN = 5.0, 2.0
"""Standard errors: another stride is recommended where the present one separates features by less than NARROW, and the
other by more than OPEN and than the present one."""

LEAST_KEPT = 0.25
"""Share of the pairs that a stride has to leave."""


def stride_advice(pairs: Pairs, rng: np.random.Generator) -> StrideAdvice | None:
    """Return the best stride, in strides of these pairs; None where the log has no longer ones than the present.

    Of those that separate features nearly best, the shortest.
    """
    found: dict[int, QuickPrediction] = {}
    for factor in FACTORS:
        index = pairs.index if factor == 1 else longer(pairs, factor)
        if len(index) < max(64, LEAST_KEPT * len(pairs.index)):
            break
        own = Pairs(pairs.controls, index)
        every = -(-len(index) // MOST_PAIRS)
        one, two = (pairs.controls[index[::every, member]].astype(np.float64) for member in (0, 1))
        found[factor] = quick(StatePairs(one, two), decorrelated(one, own.chains[::every]), rng)
    if len(found) < 2:
        return None
    now = found[1].separation
    best = max(found, key=lambda factor: found[factor].separation)
    near = [factor for factor in found if found[factor].separation >= 0.9 * found[best].separation]
    chosen = min(near) if now < NARROW and found[best].separation > max(OPEN, now + 1.0) else 1
    return StrideAdvice(
        stride=chosen,
        separation=found[chosen].separation,
        separation_now=now,
        r2=float(found[chosen].r2.mean()),
    )


def longer(pairs: Pairs, factor: int) -> Int[np.ndarray, "pairs 2"]:
    """Return the pairs whose members are `factor` times as many rows apart, within the chains of these pairs."""
    step = int(pairs.index[0, 1] - pairs.index[0, 0])
    chain = pairs.chains
    ahead = (factor - 1) * step
    if step < 1 or len(chain) <= ahead or not (np.diff(pairs.index, axis=1) == step).all():
        return np.empty((0, 2), dtype=np.int64)
    first, last = np.arange(len(chain) - ahead), np.arange(ahead, len(chain))
    together = (chain[first] == chain[last]) & (pairs.index[last, 0] - pairs.index[first, 0] == ahead)
    return np.stack([pairs.index[first[together], 0], pairs.index[last[together], 1]], axis=1)
