"""The audit of an exploration from its pairs of controls alone: a regime's sample, or a log."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.audits.gate import Gate
from worldprobe.audits.gates.exploration.control_dependence import dependence
from worldprobe.audits.gates.exploration.holes import holes
from worldprobe.audits.gates.exploration.lagged_rows import lagged
from worldprobe.audits.gates.exploration.marginal_distribution import marginals
from worldprobe.audits.gates.exploration.movement import movement
from worldprobe.audits.gates.exploration.pair_transitions import transitions
from worldprobe.audits.gates.exploration.sample_size import extent, overlap
from worldprobe.audits.gates.unmade import kept
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
    All rows count as draws and as states that a test set may share; other statistics of a log of more than 200,000 rows
    are made from stretches all along it.
    `seed` draws the canonical states and the directions of statistics, never the data.
    Raises InvalidValue for fewer than 64 pairs and for values that are not finite.
    """
    whole = Log.of(pairs, names, standardise)
    log = whole.thinned()
    gates = kept("movement", lambda: movement(log))
    if log.moves.any():
        gates += kept("distribution", lambda: marginals(log, stream(seed, "audit", "directions")))
        gates += kept("transitions", lambda: transitions(log))
        gates += kept("rows several steps apart", lambda: lagged(log))
        gates += kept("sample size", lambda: extent(log, whole, stream(seed, "audit", "coverage")))
        gates += kept("dependence", lambda: dependence(log))
        gates += kept("holes", lambda: holes(log, stream(seed, "audit", "holes")))
    if test is not None:
        own = Log.of(pairs, names)
        gates += kept("the test set", lambda: [overlap(own, test, stream(seed, "audit", "overlap"))])
    return gates
