"""The gate on the prediction: what the ideal encoder of an exploration would recover of each control."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np
from jaxtyping import Float

from worldprobe.audits.gate import Gate, Verdict, check
from worldprobe.explore import Pairs
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.results import LogAnswer, Prediction

PREDICTION = check(
    "prediction",
    "What linear R^2 does LeJEPA's ideal encoder reach on this control?",
    because="Theorems 1 and 2: the best aligned map onto N(0, I) is linear only where the controls are Gaussian.",
    past="below",
    warn=0.9,
    fail=0.5,
    calibration="The thresholds of the verdicts: from 0.9 a control counts as recovered, below 0.5 as lost.",
)

FEW_DRAWS_COUNT = 0.02
"""R^2 by which the pairs that there are fall short of unlimited ones, from which the advice says both."""


def prediction(
    pairs: Pairs, names: Sequence[str], *, test: Float[np.ndarray, "test n"] | None = None, seed: int = 0
) -> list[Gate]:
    """Return the predicted R^2 of every control, on `test` controls where they are given, else within the exploration.

    One gate warns instead where the predictor refuses to answer.
    """
    return judged(predict_log(pairs, names, seed=seed).record(test), names)


def judged(found: Prediction, names: Sequence[str], answer: LogAnswer | None = None) -> list[Gate]:
    """Return the gates of a prediction that was made before: on its test points, where it has any.

    The prediction is of the distribution explored, as from unlimited pairs. `answer` is what is left of it with the
    pairs that there are: where that is noticeably less, advice and evidence have both numbers.
    """
    if found.r2_per_control is None or found.r2_per_control_ci95 is None:
        said = str(found.refused)
        return [Gate(PREDICTION.name, "controls", Verdict.WARN, nan, nan, said, PREDICTION.because)]
    each = found.r2_per_control if found.r2_on_test_per_control is None else found.r2_on_test_per_control
    where = "within this exploration" if found.r2_on_test_per_control is None else "on the canonical test set"
    gates = []
    for name in names:
        advice = (
            f"The ideal encoder of this exploration reads {max(each[name], 0.0):.0%} of {name}'s variance {where}. "
            "Change the exploration (the other gates that do not pass say how): no training can exceed this."
        )
        evidence = {
            "R^2 within the exploration": found.r2_per_control[name],
            "its 95 % interval": np.array(found.r2_per_control_ci95[name]),
        }
        if answer is not None:
            kept = answer.r2_per_state[name]
            evidence["R^2 with the pairs that there are"] = kept
            if found.r2_per_control[name] - kept >= FEW_DRAWS_COUNT:
                advice += _few_draws(found.r2_per_control[name], answer, name)
        gates.append(PREDICTION.judge(name, each[name], advice, evidence=evidence))
    return gates


def _few_draws(ideal: float, answer: LogAnswer, name: str) -> str:
    draws = f"{answer.draws:,.0f}"
    return (
        f" That is with unlimited pairs of this kind: R^2 {ideal:.2f} within the exploration. The pairs at hand "
        f"are worth {draws} independent draw{'' if draws == '1' else 's'}, from which an encoder recovers R^2 "
        f"{answer.r2_per_state[name]:.2f}: the number of the audit's answer."
    )
