"""What the ideal encoder would recover within a regime, from controls alone: no frame is drawn, nothing is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe.explore import Pairs
from worldprobe.predictor.action_prediction import PREDICTIVE, predict_actions
from worldprobe.predictor.exploration_prediction import predict_exploration
from worldprobe.predictor.predict import CEILINGS
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.results import Prediction
from worldprobe.sources import Source
from worldprobe.study.ceilings import MOST_CONTROLS
from worldprobe.train import Objective

FRAMES = 100_000
"""Frames that a prediction is made from where a study explores with fewer."""


SMOKE_FRAMES = 10_000
"""The same in a smoke test, whose numbers mean nothing."""


def foreseen(source: Source, frames: int | None, seed: int, *, smoke: bool = False) -> Pairs:
    """Return the pairs that predictions are made from: what is trained on; 100,000 frames where a source draws less.

    A smoke test draws 10,000.
    """
    least = min(FRAMES, SMOKE_FRAMES) if smoke else FRAMES
    return source.sample("train", max(frames or 0, least) if source.draws else frames, seed).pairs


def made_from(pairs: Pairs, names: Sequence[str], seed: int, test: Float[np.ndarray, "points n"], d: int | None) -> str:
    """Return what identifies everything that predictions depend on: worlds that are explored alike share it."""
    digest = sha256(repr((tuple(names), seed, d)).encode())
    for array in (pairs.controls, pairs.index, pairs.actions, test):
        if array is not None:
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def predict_ceilings(
    pairs: Pairs,
    names: Sequence[str],
    seed: int,
    test: Float[np.ndarray, "points n"],
    advance: Advance = unseen,
    known: Mapping[str, Prediction] = MappingProxyType({}),
    d: int | None = None,
    ceilings: Sequence[str] = tuple(CEILINGS),
) -> dict[str, Prediction]:
    """Return the predictions for these pairs of named controls, one for each of `ceilings` in `STEPS` steps each.

    The embedding has d dimensions, as many as controls where none is given. `test` are controls at which the ideal
    encoder is scored too. What is `known` of these very pairs is taken over.
    """
    if len(names) > MOST_CONTROLS:
        why = f"the predictor takes at most {MOST_CONTROLS} controls"
        return dict.fromkeys(ceilings, Prediction(refused=why, refused_briefly="too many controls"))
    found = dict(known)
    for ceiling in ceilings:
        if ceiling in found:
            continue
        if ceiling == PREDICTIVE:
            found[ceiling] = predict_actions(pairs, names, d=d, seed=seed, advance=advance).record(test)
        else:
            found[ceiling] = predict_exploration(pairs, names, ceiling, d=d, seed=seed, advance=advance).record(test)
    return {ceiling: found[ceiling] for ceiling in ceilings}


def predicts_from_actions(pairs: Pairs, objectives: Iterable[Objective]) -> bool:
    """Whether every objective predicts the next embedding from the actions that these pairs carry.

    What is ideal for them is what is ideal for the alignment of two outcomes of one state and action, which an audit
    then judges in the place of the pairs themselves.
    """
    return pairs.actions is not None and all(objective.uses_actions for objective in objectives)


def ceilings_of(objectives: Iterable[Objective], acts: bool) -> list[str]:
    """Return which ceilings a study predicts: those of alignment, unless every objective predicts from actions."""
    uses = [objective.uses_actions for objective in objectives]
    found = [] if all(uses) else list(CEILINGS)
    return [*found, PREDICTIVE] if acts and any(uses) else found
