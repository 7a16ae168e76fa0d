"""The audit of one exploration that is simulated, in a study of a world or as one of several sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Reporter
from worldprobe._util.seeds import stream
from worldprobe.audits import Gate, audit_regime
from worldprobe.audits.action_audit import audit_pair_actions
from worldprobe.audits.gates.exploration.predicted_r2 import judged
from worldprobe.audits.gates.world.table_distance import explored_distance
from worldprobe.audits.limits.answering import answered
from worldprobe.explore import Pairs
from worldprobe.predictor.action_prediction import predict_actions
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.predictor.outcomes import outcome_pairs
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.prediction_steps import STEPS
from worldprobe.results import AuditedPart
from worldprobe.sources import Source
from worldprobe.sources.simulated import OfWorld
from worldprobe.study.schema import Study
from worldprobe.study.shown_states import attenuated, causes_of, shown_shares
from worldprobe.study.study_predictions import predicts_from_actions

OUTCOMES = "The objective predicts from actions: pairs are two outcomes of the same state and action"


def audited_exploration(
    source: Source,
    pairs: Pairs,
    study: Study,
    label: str,
    test: Float[np.ndarray, "_ n"],
    shown: Reporter,
    *,
    predicted_from: Pairs | None = None,
    canonical: bool = False,
) -> tuple[AuditedPart, list[Gate]]:
    """Return the part of an audit, and the gates, of an exploration whose pairs are given; `test` is what is scored on.

    The prediction is made from further pairs of it where `predicted_from` gives them. `canonical`: `test` are the
    canonical controls, with which the exploration itself is compared.
    """
    names, seed = [control.name for control in source.controls], study.seeds[0]
    shown.say(f"Auditing {len(pairs.controls):,} frames of the exploration {label}")
    predictive, aligned = predicts_from_actions(pairs, study.objectives.values()), pairs
    if predictive:
        shown.say(OUTCOMES)
        aligned = outcome_pairs(pairs, stream(seed, "audit", "outcomes"))
    ahead = pairs if predicted_from is None else predicted_from
    ideal = predict_shown(ahead, names, label, seed, shown, study.d, predictive=predictive)
    shares = shown_shares(source, pairs.controls, test)
    predicted = attenuated(shares, ideal.record(test))
    answer, not_made = answered(aligned, names, predicted, seed=seed, besides=causes_of(shares, predicted))
    gates = audit_regime(aligned, names, test=test if canonical else None, seed=seed)
    gates += judged(predicted, names, answer) + audit_pair_actions(pairs, names)
    if isinstance(source, OfWorld):
        gates += explored_distance(source.world, pairs, names)
    part = AuditedPart(label=label, gates=len(gates), predicted=predicted, answer=answer, not_made=not_made)
    if ideal.in_full is not None:
        part.predicted_in_full = ideal.in_full.record(test)
    return part, gates


def predict_shown(
    pairs: Pairs,
    names: Sequence[str],
    label: str,
    seed: int,
    reporter: Reporter,
    d: int | None = None,
    *,
    predictive: bool = False,
) -> IdealEncoder:
    """Return the prediction for an exploration's pairs, with its progress shown.

    `predictive`: of objectives that predict the next embedding from the action, which the pairs then carry.
    """
    with reporter.task(f"predicting {label}", STEPS, "steps") as advance:
        if predictive:
            return predict_actions(pairs, names, d=d, seed=seed, advance=advance)
        return predict_log(pairs, names, d=d, seed=seed, advance=advance)
