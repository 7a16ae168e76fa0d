"""What the ideal encoder would recover within a regime, from controls alone: no frame is drawn, nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe._util.seeds import stream
from worldprobe.datasets import exploration
from worldprobe.explore import Pairs, Regime
from worldprobe.predictor.predict import CEILINGS, predict
from worldprobe.predictor.prediction import Prediction
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.results import Prediction as PredictionRecord
from worldprobe.results.predicted import BasisStep, TriedMap
from worldprobe.study.ceilings import MOST_CONTROLS
from worldprobe.world import World

FRAMES = 100_000
"""Frames that a prediction is made from where a study explores with fewer."""


def foreseen(world: World, regime: Regime, frames: int | None, seed: int) -> Pairs:
    """Return the pairs that predictions are made from: what is trained on, or 100,000 frames where that is less."""
    return exploration(world, regime, max(frames or 0, FRAMES), seed).pairs


def predict_ceilings(
    pairs: Pairs,
    names: Sequence[str],
    seed: int,
    test: Float[np.ndarray, "points n"],
    advance: Advance = unseen,
) -> dict[str, PredictionRecord]:
    """Return the predictions for these pairs of named controls, one per ceiling in `STEPS` steps each.

    `test` are controls at which the ideal encoder is scored too.
    """
    if len(names) > MOST_CONTROLS:
        return dict.fromkeys(CEILINGS, _refused(f"the predictor takes at most {MOST_CONTROLS} controls"))
    found = {}
    for ceiling in CEILINGS:
        rng = stream(seed, "prediction", ceiling)
        ideal = predict(pairs.first, pairs.second, ceiling, rng=rng, groups=pairs.chains, advance=advance)
        found[ceiling] = _recorded(ideal, names, test)
    return found


def _recorded(prediction: Prediction, names: Sequence[str], test: Float[np.ndarray, "points n"]) -> PredictionRecord:
    if prediction.r2 is None or prediction.r2_per_control is None:
        others = [dict(zip(names, own.r2_at(test).tolist(), strict=True)) for own in prediction.candidates]
        return _refused(prediction.refused or "no answer", others, prediction.alignment, _working(prediction))
    there = prediction.at(test)
    return PredictionRecord(
        refused=None,
        r2=prediction.r2,
        r2_per_control=dict(zip(names, prediction.r2_per_control.tolist(), strict=True)),
        ci95=prediction.ci95,
        proven=prediction.proven,
        alignment=prediction.alignment,
        r2_on_test=there.r2,
        outside=there.outside,
        r2_on_test_per_control=dict(zip(names, there.r2_per_control.tolist(), strict=True)),
        r2_per_control_ci95=_intervals(prediction, names),
        bracket=prediction.bracket,
        **_working(prediction),
    )


def _working(prediction: Prediction) -> dict[str, Any]:
    """Return how the predictor came to its answer: from how many pairs, with which bases and maps, and its notes."""
    compared = ({key: getattr(one, key) for key in TriedMap.model_fields} for one in prediction.tried)
    finite = [one for one in compared if np.isfinite([v for v in one.values() if not isinstance(v, str)]).all()]
    correlations = prediction.pair_correlations
    return {
        "objective": prediction.objective,
        "d": prediction.d,
        "pairs": prediction.pairs,
        "pair_correlations": None if correlations is None else correlations.tolist(),
        "convergence": [BasisStep(functions=step.functions, r2=step.r2) for step in prediction.convergence],
        "tried": [TriedMap(**one) for one in finite],
        "notes": list(prediction.notes),
    }


def _intervals(prediction: Prediction, names: Sequence[str]) -> dict[str, tuple[float, float]] | None:
    if prediction.ci95_per_control is None:
        return None
    found = zip(names, prediction.ci95_per_control.tolist(), strict=True)
    return {name: (low, high) for name, (low, high) in found}


def _refused(
    why: str,
    candidates: Sequence[dict[str, float]] = (),
    alignment: float | None = None,
    working: Mapping[str, Any] = MappingProxyType({}),
) -> PredictionRecord:
    unknown = dict.fromkeys(("r2", "r2_per_control", "ci95", "r2_on_test", "outside"))
    known = {"refused": why, "proven": False, "alignment": alignment, "candidates": candidates, **working}
    return PredictionRecord.model_validate(known | unknown)
