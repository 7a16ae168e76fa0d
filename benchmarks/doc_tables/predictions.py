"""Tables of the predictor: against trained encoders, over the shape of the controls, of slow and fast controls."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, number, recorded

PARTS = {
    "regime": "regime",
    "scene": "scene",
    "non_identifiability": "non-identifiability",
    "data": "data",
    "optimisation": "optimisation",
    "unexplained": "unexplained",
}
"""The parts of a decomposition as they are recorded, and as they are called."""


def predicted(file: str) -> str:
    """Return predicted and trained R² of every run, and where the difference went."""
    head = ["study", "regime", "predicted", "trained", "within the regime: predicted", "trained", *PARTS.values()]
    rows = []
    for row in recorded(file)["rows"]:
        where = ", ".join([row["regime"], *(f"{axis} {label}" for axis, label in row["axes"].items())])
        either = " or ".join(dict.fromkeys(number(value) for value in sorted(row["candidates"])))
        cells = [row["study"], where, either or number(row["predicted"]), number(row["trained"])]
        cells += [number(row["predicted_in_regime"]), number(row["trained_in_regime"])]
        rows.append([*cells, *(number(row["parts"][name]) for name in PARTS)])
    return markdown(head, rows)


def shape(file: str) -> str:
    """Return both objectives' predictions over the shape of a generalised normal control."""
    found = recorded(file)["results"]["shape alpha"]
    names = {"SIGReg": "sigreg", "whitening": "whitening"}
    rows = [[label, *(_answer(each[key], 3) for each in found.values())] for label, key in names.items()]
    return markdown(["alpha", *found], rows)


def slow_and_fast(file: str) -> str:
    """Return predictions for a slow and a fast Gaussian control, and what small trained encoders reached."""
    rows = []
    for rho, each in recorded(file)["results"]["slow and fast"].items():
        trained = [_pair(run["history"][-1]["r2 per control"]) for run in each["trained with SIGReg"]]
        once = trained[:1] if len(set(trained)) == 1 else trained
        rows.append([rho.strip("()"), _answer(each["sigreg"], 2), " and ".join(once), _answer(each["whitening"], 2)])
    return markdown(["rho", "SIGReg, predicted: slow, fast", "trained", "whitening, predicted"], rows)


def seconds(file: str) -> str:
    """Return the seconds that a million pairs take."""
    found = recorded(file)["results"]["seconds for a million pairs"]
    names = {"SIGReg": "sigreg", "whitening": "whitening"}
    rows = [[label, *(number(each[key], 1) for each in found.values())] for label, key in names.items()]
    return markdown(["controls", *found], rows)


def _answer(found: dict[str, Any], decimals: int) -> str:
    """Return one control's R², or every control's; the refusal's cause where there is a short one."""
    if found["refused"]:
        return "refused: a tie" if "depending on which is taken" in found["refused"] and decimals == 2 else "refused"
    per_control = found["r2 per control"]
    return number(found["r2"], decimals) if len(per_control) == 1 else _pair(per_control)


def _pair(values: list[float]) -> str:
    return ", ".join(number(value) for value in values)
