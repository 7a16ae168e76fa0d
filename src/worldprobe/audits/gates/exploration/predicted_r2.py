"""The gate that sums an exploration up: what the ideal encoder would recover of each control, predicted from pairs."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.audits.gate import Gate, Verdict, check
from worldprobe.explore import Pairs
from worldprobe.predictor.predict import predict

PREDICTION = check(
    "prediction",
    "What linear R^2 does LeJEPA's ideal encoder reach on this control?",
    because="Theorems 1 and 2: the best aligned map onto N(0, I) is linear only where the controls are Gaussian",
    past="below",
    warn=0.9,
    fail=0.5,
    calibration="the verdicts' own lines: from 0.9 a control counts as recovered, below 0.5 as lost",
)


def prediction(
    pairs: Pairs, names: Sequence[str], *, test: Float[np.ndarray, "test n"] | None = None, seed: int = 0
) -> list[Gate]:
    """Return the predicted R^2 of every control, on `test` controls where they are given, else within the exploration.

    One gate warns instead where the predictor refuses to answer.
    """
    rng = stream(seed, "prediction", "sigreg")
    found = predict(pairs.first, pairs.second, "sigreg", rng=rng, groups=pairs.chains)
    if found.r2_per_control is None:
        return [Gate(PREDICTION.name, "controls", Verdict.WARN, nan, nan, str(found.refused), PREDICTION.because)]
    each = found.r2_per_control if test is None else found.at(test).r2_per_control
    where = "within this exploration" if test is None else "on the canonical test set"
    said = f"The ideal encoder of this exploration reads {{:.0%}} of it {where}; what the other gates name is why."
    pairs_of = zip(names, each.tolist(), strict=True)
    return [PREDICTION.judge(name, r2, said.format(max(r2, 0.0))) for name, r2 in pairs_of]
