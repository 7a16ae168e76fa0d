"""The formats of results on disk, and how a file of an older one becomes one of the next.

1   files without a number
2   `format` in every file; cyclic controls have a `period` and runs `cyclic` measures (1: `turn`, `turning`); the
    parts of missing R^2 `non_identifiability` and `unexplained` (1: `chance`, `rest`); the gate `perceptual-aliasing`
    (1: `look-alikes`)
3   an audit keeps the same record of a prediction as a study: intervals are `r2_per_control_ci95` (2:
    `ci95_per_control`), and what is not known is null (2: empty)
4   the part of missing R^2 `style` (3: in `unexplained`); an audit keeps the full prediction that an approximate one
    stands in for
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

FORMAT = 4
"""The number of the format that this version writes."""

Json = dict[str, Any]


class Kind(StrEnum):
    """What a file holds."""

    RESULTS = "a study's results"
    RUN = "a run"
    EXPLORATION = "an exploration"
    REGISTRATION = "a registration"
    AUDIT = "an audit"
    EXECUTION = "a record of execution"


def upgraded(given: Json, kind: Kind, number: int) -> Json:
    """Return the content of a file of an older format as the present one has it."""
    for step in range(number, FORMAT):
        given = UPGRADES[step].get(kind, _as_it_is)(given)
    return given


def _as_it_is(given: Json) -> Json:
    return given


def _renamed(given: Json, names: dict[str, str]) -> Json:
    return {names.get(key, key): value for key, value in given.items()}


def _run_from_1(run: Json) -> Json:
    return {**run, "recovery": _renamed(run["recovery"], {"turning": "cyclic"})}


def _results_from_1(results: Json) -> Json:
    parts = {"chance": "non_identifiability", "rest": "unexplained"}
    found = {
        **results,
        "controls": [_renamed(control, {"turn": "period"}) for control in results["controls"]],
        "runs": [_run_from_1(run) for run in results["runs"]],
    }
    if "decomposition" in results:
        found["decomposition"] = [
            {**of, "controls": {name: _renamed(control, parts) for name, control in of["controls"].items()}}
            for of in results["decomposition"]
        ]
    return found


def _audit_from_1(audit: Json) -> Json:
    gates = {"look-alikes": "perceptual-aliasing"}
    return {**audit, "gates": [{**gate, "gate": gates.get(gate["gate"], gate["gate"])} for gate in audit["gates"]]}


def _audit_from_2(audit: Json) -> Json:
    return {**audit, "parts": [_part_from_2(part) for part in audit.get("parts", [])]}


def _part_from_2(part: Json) -> Json:
    found = part.get("predicted")
    if found is None:
        return part
    found = _renamed(found, {"ci95_per_control": "r2_per_control_ci95"})
    unknown = {key: None for key in ("r2_per_control", "r2_per_control_ci95") if not found.get(key)}
    return {**part, "predicted": {**found, **unknown, "objective": "sigreg"}}


def _results_from_3(results: Json) -> Json:
    """What style cost was not separated then: it stays in `unexplained`, and the part is not known."""
    if "decomposition" not in results:
        return results
    decomposed = [
        {**of, "controls": {name: {**parts, "style": None} for name, parts in of["controls"].items()}}
        for of in results["decomposition"]
    ]
    return {**results, "decomposition": decomposed}


UPGRADES: dict[int, dict[Kind, Callable[[Json], Json]]] = {
    1: {Kind.RESULTS: _results_from_1, Kind.RUN: _run_from_1, Kind.AUDIT: _audit_from_1},
    2: {Kind.AUDIT: _audit_from_2},
    3: {Kind.RESULTS: _results_from_3},
}
"""By the format to upgrade from, and by what the file holds; a kind that is not named stays as it is."""
