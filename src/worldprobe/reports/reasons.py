"""Why a control was not recovered, in a sentence: the parts of what is missing, each with its cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worldprobe.reports.audits import trouble
from worldprobe.reports.words import count, number
from worldprobe.results import STILL, ControlRecord, Exploration, MissingParts, SavedAudit, SavedGate

TOLD = 0.02
"""R^2 from which a part is worth a word, if it is a quarter of what is missing."""
NOTHING = 0.05
"""R^2 up to which a control is told together with others that are missing no more."""
TURN = 360.0
MOST_SIDES = 12
BLIND = ("visible", "information", "occluded", "distinct", "saturated", "weak-cue")
"""Gates on the world that say why a control is hard to see, after look-alikes."""


@dataclass(frozen=True)
class Case:
    """What is known of one control after one exploration."""

    control: ControlRecord
    exploration: Exploration | None
    audit: SavedAudit | None
    frames: str


def sentence(case: Case, parts: MissingParts) -> str:
    """Return "yaw: 0.41 missing; 0.38 because the world looks the same from four sides"."""
    given = {name: value for name in CAUSES if (value := getattr(parts, name)) is not None}
    least = max(TOLD, parts.missing / 4)
    large = sorted((name for name, value in given.items() if value >= least), key=lambda name: -given[name])
    told = [f"{given[name]:.2f} {_cause(name, parts)(case)}" for name in large]
    return "; ".join([f"{case.control.name}: {parts.missing:.2f} missing", *told])


def separated(parts: MissingParts) -> bool:
    """Whether the regime's part could be told from the rest."""
    return parts.regime is not None


def _cause(name: str, parts: MissingParts) -> Callable[[Case], str]:
    if name != "unexplained" or parts.data is not None:
        return CAUSES[name]
    return _without_optimum if separated(parts) else _unseparated


def _regime(case: Case) -> str:
    if case.exploration is not None and case.exploration.sd[case.control.name] < STILL:
        return "because it never moved"
    return "because not even an ideal encoder learns more of it from this exploration"


def _scene(case: Case) -> str:
    alike = trouble(case.audit, "look-alikes", case.control.name)
    if alike is not None:
        return _alike(case.control, alike)
    blind = next((gate for name in BLIND if (gate := trouble(case.audit, name, case.control.name))), None)
    if blind is not None:
        return f"because it is hard to see (gate {blind.gate})"
    return "because even an encoder that is told it does not find it in what is seen"


def _alike(spec: ControlRecord, gate: SavedGate) -> str:
    """Say how states that look the same differ: as sides of the world, where a round part of a turn lies between."""
    try:
        states = [float(state[spec.name]) for state in gate.evidence["controls"]]
    except (KeyError, TypeError, ValueError):
        return "because states far apart in it look the same"
    places = [spec.physical(state) for state in states]
    apart = max(places) - min(places)
    sides = round(TURN / apart) if apart > 0 else 0
    if spec.unit in ("deg", "degrees", "°") and 2 <= sides <= MOST_SIDES and abs(TURN / apart - sides) < 0.06 * sides:
        return f"because the world looks the same from {count(sides, 'side')}"
    return f"because states {number(apart, 2)} {spec.unit} apart look the same"


def _chance(case: Case) -> str:
    return "because this exploration leaves it to chance which of several equally aligned features is found"


def _data(case: Case) -> str:
    return f"because {case.frames} are too few: held-out pairs do not follow the training pairs"


def _optimisation(case: Case) -> str:
    return "because training stopped short of its optimum"


def _rest(case: Case) -> str:
    return "unexplained"


def _without_optimum(case: Case) -> str:
    return "unexplained: fewer controls move than the embedding has dimensions, so its optimum is not known"


def _unseparated(case: Case) -> str:
    return "not told apart, for the prediction was refused"


CAUSES: dict[str, Callable[[Case], str]] = {
    "regime": _regime,
    "scene": _scene,
    "non_identifiability": _chance,
    "data": _data,
    "optimisation": _optimisation,
    "unexplained": _rest,
}
"""The parts of `MissingParts` in order, each with the words for its cause."""
