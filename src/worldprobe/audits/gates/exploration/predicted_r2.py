"""The gate on the prediction: what the ideal encoder of an exploration would recover of each control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import nan

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe._util.seeds import stream
from worldprobe.audits.gate import Gate, Verdict, check
from worldprobe.explore import Pairs
from worldprobe.predictor.predict import predict
from worldprobe.predictor.prediction import Prediction
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.predictor.refusals import Refusal
from worldprobe.results import PredictedRecovery

PREDICTION = check(
    "prediction",
    "What linear R^2 does LeJEPA's ideal encoder reach on this control?",
    because="Theorems 1 and 2: the best aligned map onto N(0, I) is linear only where the controls are Gaussian.",
    past="below",
    warn=0.9,
    fail=0.5,
    calibration="The thresholds of the verdicts: from 0.9 a control counts as recovered, below 0.5 as lost.",
)


def foretell(pairs: Pairs, seed: int = 0, advance: Advance = unseen) -> Prediction:
    """Return what SIGReg's ideal encoder recovers within an exploration, from its pairs; or why it was refused.

    A prediction that breaks off is a refusal that says so: the gates that were measured before are kept. `advance` is
    called as the work goes on, `STEPS` times at most.
    """
    try:
        rng = stream(seed, "prediction", "sigreg")
        return predict(pairs.first, pairs.second, "sigreg", rng=rng, groups=pairs.chains, advance=advance)
    except (ArithmeticError, LookupError, ValueError) as fault:
        refused = Refusal(
            "it broke off",
            f"The prediction broke off ({type(fault).__name__}: {fault}). The other gates do not depend on it. This is "
            "a defect of worldprobe: please report it with the shape of this log.",
        )
        return Prediction("sigreg", pairs.controls.shape[1], len(pairs.index), refused)


def recovery_of(
    found: Prediction, names: Sequence[str], test: Float[np.ndarray, "test n"] | None = None
) -> PredictedRecovery:
    """Return a prediction as an audit keeps it, with its value on `test` controls where they are given."""
    tried = [asdict(trial) for trial in found.tried]
    if found.r2 is None or found.r2_per_control is None or found.ci95_per_control is None:
        why = found.refused or "no answer"
        briefly = getattr(why, "short", "no answer")
        return PredictedRecovery(refused=str(why), refused_briefly=briefly, tried=tried, notes=list(found.notes))
    intervals = [(float(low), float(high)) for low, high in found.ci95_per_control]
    return PredictedRecovery(
        refused=None,
        r2=found.r2,
        ci95=found.ci95,
        r2_per_control=dict(zip(names, found.r2_per_control.tolist(), strict=True)),
        ci95_per_control=dict(zip(names, intervals, strict=True)),
        r2_on_test=None if test is None else found.at(test).r2,
        proven=found.proven,
        bracket=found.bracket,
        tried=tried,
        notes=list(found.notes),
    )


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
            "Change the exploration (the other gates that do not pass say how): no training can exceed this."
        )
        within, interval = float(found.r2_per_control[i]), found.ci95_per_control[i]
        evidence = {"R^2 within the exploration": within, "its 95 % interval": interval}
        gates.append(PREDICTION.judge(name, float(each[i]), advice, evidence=evidence))
    return gates
