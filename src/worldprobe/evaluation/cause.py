"""Why a recovery is what it is: what the data's own exploration allows, and where the rest of the gap may lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from worldprobe.evaluation.subject import Subject
from worldprobe.evaluation.tap_measures import TapMeasures
from worldprobe.explain.decomposition import decompose
from worldprobe.explore import Pairs
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.predictor.refusals import wider_than_the_state
from worldprobe.results import Prediction

AT_MOST = 60_000
"""Pairs, whole episodes, that the prediction is made from."""

WITHOUT_CURVES = (
    "Training curves are not part of an encoder, so finite data and optimisation cannot be told apart: both are in "
    "what is left"
)

NOR_FRAMES = ", and so is what the frames do not show."


def predicted(subject: Subject, d: int, objective: str) -> tuple[dict[str, Any] | None, Prediction | None]:
    """Return the R^2 that the ideal encoder with d dimensions reaches on the data's own pairs, or why it is not known.

    For d > n SIGReg cannot be met and its optimum is not known: r2 is then None with the reason, and `of_n_dimensions`
    holds the R^2 of the ideal encoder with d = n, which the Prediction returned is of: what the exploration allows.
    """
    pairs, n = subject.pairs, len(subject.names)
    if not len(pairs):
        return refused(objective, d, f"{subject.why_no_pairs} to predict from"), None
    size = min(d, n) if objective == "sigreg" else d
    states = Pairs(subject.z.astype(np.float64), pairs)
    answer = predict_log(states, subject.names, objective, d=size, at_most=AT_MOST)
    found = {
        "objective": objective,
        "d": d,
        "r2": answer.r2,
        "ci95": None if answer.ci95 is None else list(answer.ci95),
        "r2_per_state": answer.r2_per_control,
        "refused": answer.refused,
        "notes": list(answer.notes),
        "approximate": answer.approximate,
        "of_n_dimensions": None,
    }
    if size == d or answer.refused:
        return found, answer
    within = {key: found[key] for key in ("r2", "ci95", "r2_per_state")}
    return refused(objective, d, wider_than_the_state(d, n)) | {"of_n_dimensions": within}, answer


def refused(objective: str, d: int, reason: str) -> dict[str, Any]:
    """Return what stands for a prediction that is not made: every key, and the reason."""
    known = {"objective": objective, "d": d, "r2": None, "ci95": None, "r2_per_state": None}
    return known | {"refused": reason, "notes": [], "approximate": False, "of_n_dimensions": None}


def decomposition(
    tap: TapMeasures, subject: Subject, answer: Prediction | None, compared: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return where the missing R^2 of every state may have gone; None where no prediction says what is possible.

    What a supervised reference lacks is the scene's; without one the scene stays in what is left.
    """
    if answer is None or answer.r2_per_control is None:
        return None
    r2 = {name: value if np.isfinite(value) else 0.0 for name, value in tap.values["r2_per_state"].items()}
    taught = compared.get("supervised")
    seen = None if taught is None else {name: max(taught["r2_per_state"][name], 0.0) for name in r2}
    parts = decompose(r2, ceiling=answer.r2_per_control, supervised=seen, ends=None)
    states = {name: own.model_dump() for name, own in parts.items()}
    share = tap.values["r2"] / answer.r2 if answer.r2 else None
    return {"states": states, "share_of_ceiling": share, "note": WITHOUT_CURVES + ("." if taught else NOR_FRAMES)}


def verdict(
    name: str, tap: TapMeasures, prediction: dict[str, Any] | None, several: bool, compared: dict[str, Any]
) -> str:
    """Return the answer in a sentence or two: how much is recovered, of how much, and the first thing to do."""
    values = tap.values
    said = [f"{name + ': ' if several else ''}{_recovered(values, prediction)}"]
    lost = [state for state, r2 in values["r2_per_state"].items() if r2 < 0.5]
    untrained = compared.get("untrained")
    if untrained is not None and untrained["r2"] > values["r2"] - 0.02:
        said.append(
            f"The same network untrained reads as much (R² {_two_places(untrained['r2'])}): training added nothing."
        )
    pixels = compared.get("pixels")
    if pixels is not None and pixels["r2"] > values["r2"] + 0.02:
        said.append(
            f"Raw pixels read more (R² {_two_places(pixels['r2'])}): the scene shows the states, the encoder drops "
            "them."
        )
    taught = compared.get("supervised")
    if taught is not None and taught["r2"] > values["r2"] + 0.05:
        said.append(f"Trained with the states as targets, the same network reads {_two_places(taught['r2'])}.")
    known = compared.get("pretrained")
    if known is not None and known["r2"] > values["r2"] + 0.02:
        said.append(f"The pretrained {known['source']} reads {_two_places(known['r2'])}.")
    decoded = values.get("mlp_r2")
    if decoded is not None and decoded > values["r2"] + 0.1:
        said.append(f"A small network reads {_two_places(decoded)}: the rest is there, but not linearly.")
    leaked = [leak for leak in values.get("leaks") or [] if leak["instead_of"] is not None]
    said += [
        f"Dimension {leak['dimension']} codes {leak['feature']} (R² {_two_places(leak['r2'])}) instead of "
        f"{leak['instead_of']}."
        for leak in leaked[:2]
    ]
    if lost and not leaked:
        said.append(f"Not recovered linearly: {', '.join(lost[:6])}{' and more' if len(lost) > 6 else ''}.")
    return " ".join(said)


def _two_places(value: float) -> str:
    """Return a number with two decimals; what rounds to -0 is written 0."""
    return f"{round(value, 2) + 0.0:.2f}"


def _recovered(values: dict[str, Any], prediction: dict[str, Any] | None) -> str:
    has = f"The encoder recovers {_two_places(values['r2'])} of the states linearly"
    narrow = None if prediction is None else prediction["of_n_dimensions"]
    ideal = None if prediction is None else (narrow or prediction)["r2"]
    if ideal is not None and values["r2"] > ideal + 0.05:
        of = f"an ideal encoder{' with as many dimensions as states' if narrow is not None else ''}"
        return (
            f"{has}, more than the {_two_places(ideal)} of {of} that learns from these pairs alone: it had labels, "
            "other data or another objective."
        )
    if narrow is not None:
        share = "that is what" if values["r2"] >= narrow["r2"] - 0.05 else "less than"
        return (
            f"{has}, with more dimensions than states; with as many, an ideal encoder of these data would recover "
            f"{_two_places(narrow['r2'])}: {share} the exploration allows."
        )
    if prediction is None or prediction["r2"] is None:
        why = "" if prediction is None else f": {prediction['refused']}"
        return f"{has}; what the data allow is not known{why.removesuffix('.')}."
    ceiling = prediction["r2"]
    if values["r2"] >= ceiling - 0.05:
        cause = "the data are the limit" if ceiling < 0.9 else "that is what the data allow"
        return f"{has}, of {_two_places(ceiling)} that an ideal encoder of these data would: {cause}."
    return (
        f"{has}, of {_two_places(ceiling)} that an ideal encoder of these data would: the gap is not the "
        "exploration's, but the scene's or the training's."
    )
