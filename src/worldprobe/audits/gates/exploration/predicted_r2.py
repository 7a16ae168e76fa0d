"""The gate on the prediction: what the ideal encoder of an exploration would recover of each control."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.audits.gate import Gate, Verdict, check
from worldprobe.explore import Pairs
from worldprobe.predictor.predict import predict
from worldprobe.predictor.prediction import Prediction

PREDICTION = check(
    "prediction",
    "What linear R^2 does LeJEPA's ideal encoder reach on this control?",
    because="Theorems 1 and 2: the best aligned map onto N(0, I) is linear only where the controls are Gaussian",
    past="below",
    warn=0.9,
    fail=0.5,
    calibration="the verdicts' own lines: from 0.9 a control counts as recovered, below 0.5 as lost",
)


def foretell(pairs: Pairs, seed: int = 0) -> Prediction:
    """Return what SIGReg's ideal encoder recovers within an exploration, from its pairs; or why it was refused.

    A prediction that breaks off is a refusal that says so: the gates that were measured before are kept.
    """
    try:
        rng = stream(seed, "prediction", "sigreg")
        return predict(pairs.first, pairs.second, "sigreg", rng=rng, groups=pairs.chains)
    except (ArithmeticError, LookupError, ValueError) as fault:
        said = f"The prediction broke off ({type(fault).__name__}: {fault}). Please report this log's shape; the other "
        refused = said + "gates do not depend on it."
        return Prediction("sigreg", pairs.controls.shape[1], len(pairs.index), refused)


def prediction(
    pairs: Pairs, names: Sequence[str], *, test: Float[np.ndarray, "test n"] | None = None, seed: int = 0
) -> list[Gate]:
    """Return the predicted R^2 of every control, on `test` controls where they are given, else within the exploration.

    One gate warns instead where the predictor refuses to answer.
    """
    return judged(foretell(pairs, seed), names, test)


def judged(found: Prediction, names: Sequence[str], test: Float[np.ndarray, "test n"] | None = None) -> list[Gate]:
    """Return the gates of a prediction that was made before."""
    if found.r2_per_control is None or found.ci95_per_control is None:
        return [Gate(PREDICTION.name, "controls", Verdict.WARN, nan, nan, str(found.refused), PREDICTION.because)]
    each = found.r2_per_control if test is None else found.at(test).r2_per_control
    where = "within this exploration" if test is None else "on the canonical test set"
    gates = []
    for i, name in enumerate(names):
        advice = (
            f"The ideal encoder of this exploration reads {max(float(each[i]), 0.0):.0%} of {name}'s variance {where}. "
            "The other gates that do not pass say why; change the exploration, for no training can exceed it."
        )
        within, interval = float(found.r2_per_control[i]), found.ci95_per_control[i]
        evidence = {"R^2 within the exploration": within, "its 95 % interval": interval}
        gates.append(PREDICTION.judge(name, float(each[i]), advice, evidence=evidence))
    return gates
