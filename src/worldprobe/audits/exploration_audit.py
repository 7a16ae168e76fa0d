"""The audit of an exploration from its pairs of controls alone: a regime's sample, or a log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.audits.gate import Gate
from worldprobe.audits.gates.exploration.marginal_distribution import marginals
from worldprobe.audits.gates.exploration.movement import movement
from worldprobe.audits.gates.exploration.pair_transitions import transitions
from worldprobe.audits.gates.exploration.sample_size import extent, overlap
from worldprobe.audits.trajectory import Log
from worldprobe.explore import Pairs


def audit_regime(
    pairs: Pairs,
    names: Sequence[str],
    *,
    test: Float[np.ndarray, "test n"] | None = None,
    standardise: bool = False,
    seed: int = 0,
) -> list[Gate]:
    """Return the gates on an exploration: movement, distribution, transitions, sample size.

    `pairs.controls` are in the order in which they were visited, in canonical units; `standardise` removes their own
    mean and standard deviation first, for logs in physical units. `test` are the controls of a test set, in the log's
    units.
    `seed` draws the canonical states and the directions of statistics, never the data.
    Raises InvalidValue for fewer than 64 pairs and for values that are not finite.
    """
    log = Log.of(pairs, names, standardise)
    gates = movement(log)
    if log.moves.any():
        gates += marginals(log, stream(seed, "audit", "directions"))
        gates += transitions(log)
        gates += extent(log, stream(seed, "audit", "coverage"))
    if test is not None:
        gates.append(overlap(Log.of(pairs, names), test, stream(seed, "audit", "overlap")))
    return gates
