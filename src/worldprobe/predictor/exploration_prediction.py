"""The prediction for an exploration: what audits, studies and the report say of it is this one."""

from __future__ import annotations

from collections.abc import Sequence

from worldprobe._util.progress import Advance
from worldprobe._util.seeds import stream
from worldprobe.explore import Pairs
from worldprobe.predictor import refusals
from worldprobe.predictor.predict import predict
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.prediction_steps import unseen


def predict_exploration(
    pairs: Pairs,
    names: Sequence[str],
    objective: str = "sigreg",
    *,
    d: int | None = None,
    seed: int = 0,
    advance: Advance = unseen,
) -> IdealEncoder:
    """Return what an objective's ideal encoder recovers within an exploration, from its pairs; or why it was refused.

    The encoder has d dimensions, as many as controls where none is given.
    A prediction that breaks off is a refusal that says so: what was measured before is kept. `advance` is called as the
    work goes on, `STEPS` times at most.
    """
    rng = stream(seed, "prediction", objective)
    try:
        return predict(
            pairs.first, pairs.second, objective, rng=rng, d=d, groups=pairs.chains, advance=advance, names=names
        )
    except (ArithmeticError, LookupError, ValueError) as fault:
        why = refusals.broke_off(fault)
        return refusals.refused(objective, d or pairs.controls.shape[1], len(pairs.index), why)
