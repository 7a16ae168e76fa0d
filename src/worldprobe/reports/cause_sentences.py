"""Why controls were not recovered, in sentences: the parts of what is missing, each with its cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from worldprobe.reports.causes import PARTS, separated
from worldprobe.reports.matching_audit import trouble
from worldprobe.reports.wording import and_list, count, number
from worldprobe.results import STILL, ControlRecord, Exploration, MissingParts, SavedAudit, SavedGate, Summary

MENTIONED = 0.02
"""R² from which a part is mentioned, if it is a quarter of what is missing."""
NEGLIGIBLE = 0.05
"""R² up to which a control is listed together with others that are missing no more."""
FULL_TURN = 360.0
MOST_SIDES = 12
HARD_TO_SEE = ("visible", "information", "occluded", "distinct", "saturated", "weak-cue")
"""Gates on the world that say why a control is hard to see, besides perceptual aliasing."""


@dataclass(frozen=True)
class Case:
    """What is known of one control after one exploration."""

    control: ControlRecord
    exploration: Exploration | None
    audit: SavedAudit | None
    frames: str
    references: Sequence[Summary] = ()


def sentences(cases: Sequence[tuple[Case, MissingParts]]) -> list[str]:
    """Return a sentence for every control, or for several whose causes are the same.

    "yaw: 0.41 missing; 0.38 because the world looks the same from four sides."
    "truck and roll: 0.84 to 0.97 missing because they never moved in this exploration."
    """
    groups: dict[tuple[str, ...], list[tuple[Case, MissingParts, list[float]]]] = {}
    for case, parts in cases:
        found = _causes(case, parts)
        groups.setdefault(tuple(words for _, words in found), []).append((case, parts, [size for size, _ in found]))
    return [_together(words, group) for words, group in groups.items()]


def _causes(case: Case, parts: MissingParts) -> list[tuple[float, str]]:
    """Return the parts that are worth a mention, largest first, each with its cause."""
    given = {part.field: size for part in PARTS if (size := part.of(parts)) is not None}
    least = max(MENTIONED, parts.missing / 4)
    large = sorted((name for name, size in given.items() if size >= least), key=lambda name: -given[name])
    return [(given[name], _cause(name, parts)(case)) for name in large]


def _together(words: tuple[str, ...], group: Sequence[tuple[Case, MissingParts, list[float]]]) -> str:
    names = and_list([case.control.name for case, _, _ in group])
    missing = _span([parts.missing for _, parts, _ in group])
    sizes = [_span([each[i] for _, _, each in group]) for i in range(len(words))]
    return "; ".join(
        [f"{names}: {missing} missing", *(f"{size} {said}" for size, said in zip(sizes, words, strict=True))]
    )


def _span(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"


def _cause(name: str, parts: MissingParts) -> Callable[[Case], str]:
    if name != "unexplained" or parts.data is not None:
        return CAUSES[name]
    return _without_optimum if separated(parts) else _unseparated


def _exploration(case: Case) -> str:
    if case.exploration is not None and case.exploration.sd.get(case.control.name, 1.0) < STILL:
        return "for lack of any movement in this exploration"
    return "because even an ideal encoder learns no more from this exploration"


def _scene(case: Case) -> str:
    alike = next((g for name in ALIASING if (g := trouble(case.audit, name, case.control.name)) is not None), None)
    if alike is not None:
        return _alike(case.control, alike)
    blind = next((gate for name in HARD_TO_SEE if (gate := trouble(case.audit, name, case.control.name))), None)
    if blind is not None:
        return f"because the observations hardly show it (gate {blind.gate})"
    if any(r.role == "pixels" for r in case.references):
        return "because neither a supervised encoder nor raw pixels recover more from what is seen"
    return "because a supervised encoder recovers no more from what is seen"


def _alike(spec: ControlRecord, gate: SavedGate) -> str:
    """Say how states that look the same differ: as sides of the world, where a round part of a turn lies between."""
    try:
        states = [float(state[spec.name]) for state in gate.evidence["controls"]]
    except (KeyError, TypeError, ValueError):
        return "because distant values look the same"
    places = [spec.physical(state) for state in states]
    apart = max(places) - min(places)
    sides = round(FULL_TURN / apart) if apart > 0 else 0
    near = abs(FULL_TURN / apart - sides) < 0.06 * sides if apart > 0 else False
    if spec.unit in ("deg", "degrees", "°") and 2 <= sides <= MOST_SIDES and near:
        return f"because the world looks the same from {count(sides, 'side')}"
    return f"because values {number(apart, 2)} {spec.unit} apart look the same".replace("  ", " ")


def _identity(case: Case) -> str:
    return "because several features are aligned equally well here, and which one is found is not identifiable"


def _style(case: Case) -> str:
    return "because the embedding shows style in its place"


def _data(case: Case) -> str:
    return f"because {case.frames} are too few: held-out pairs do not follow the training pairs"


def _optimisation(case: Case) -> str:
    return "because training stopped short of its optimum"


def _unexplained(case: Case) -> str:
    return "unexplained"


def _without_optimum(case: Case) -> str:
    return "unexplained: fewer controls move than the embedding has dimensions, so the optimum is not known"


def _unseparated(case: Case) -> str:
    return "not separated, because the prediction was refused"


ALIASING = ("perceptual-aliasing", "look-alikes")
"""The gate on states that look the same, by its present name and that of older audits."""

CAUSES: dict[str, Callable[[Case], str]] = {
    "regime": _exploration,
    "scene": _scene,
    "non_identifiability": _identity,
    "style": _style,
    "data": _data,
    "optimisation": _optimisation,
    "unexplained": _unexplained,
}
"""The words for the cause of every part, by its field of `MissingParts`."""
