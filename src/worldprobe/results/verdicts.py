"""Data, scene or training: the cause of what is missing, in one sentence with its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worldprobe.results.explored import STILL, Exploration
from worldprobe.results.missing_r2 import MissingParts
from worldprobe.results.recovered import PARTLY, RECOVERED

CAUSES = ("regime", "scene", "non_identifiability", "style", "data", "optimisation", "unexplained")
"""The parts of `MissingParts` that a sentence may name, in their order."""
NAMED = 3
"""Most controls that a sentence names one by one."""
ABOVE = 0.05
"""By how much more R^2 than the ideal encoder's a run must recover for a sentence to say so."""


@dataclass(frozen=True)
class SeriesFindings:
    """What is known of the runs of one exploration under one objective; means over its seeds."""

    r2: float
    per_control: Mapping[str, float]
    exploration: Exploration | None = None
    parts: Mapping[str, MissingParts] | None = None
    """By control, where the runs were decomposed."""
    shown: Mapping[str, float] | None = None
    """By control, the best R^2 of any reference that was given the frames: supervised encoder or raw pixels."""
    ideal: float | None = None
    """R^2 of the ideal encoder where the runs were scored, the mean over controls; None where it is not known."""
    memorising: bool = False
    steps: int = 0


def verdict_of_reference(role: str, r2: float) -> str:
    """Return what a reference says: supervised encoder, untrained encoder, raw pixels."""
    if role == "ceiling":
        return f"A supervised encoder recovers {r2:.0%} of the controls' variance: no objective should exceed it."
    if role == "floor":
        return f"An untrained encoder already gives {r2:.0%}."
    return f"Linear regression on raw pixels gives {r2:.0%}: what is linear in the image needs no learning."


def meaningless(steps: int) -> str:
    """Return the verdict on a smoke test, whatever its numbers."""
    return f"{steps:,} steps: the numbers mean nothing."


def verdict(found: SeriesFindings) -> str:
    """Return whether the controls are recovered and, where they are not, whether data, scene or training is the cause.

    The cause is the largest part of what is missing. Without a decomposition the sentence says which controls are lost.
    """
    worst = min(found.per_control, key=lambda name: found.per_control[name])
    if found.per_control[worst] >= RECOVERED:
        return (
            f"Recovered: every control can be read linearly, the worst ({worst}) at R² {found.per_control[worst]:.2f}."
        )
    still = _still(found)
    if found.parts is None:
        return _which(found, still)
    return SENTENCES[cause_of(found.parts.values())](found, still)


def cause_of(parts: Iterable[MissingParts]) -> str:
    """Return the largest part of what is missing of some controls, the one that a verdict names."""
    known = list(parts)
    size = {name: sum(getattr(part, name) or 0.0 for part in known) for name in CAUSES}
    if size["scene"] < size["style"] + size["data"] + size["optimisation"] + size["unexplained"]:
        size["scene"] = 0.0  # not to blame: a reference reads more off the same frames than is missing there
    return max(CAUSES, key=lambda name: size[name])


def _regime(found: SeriesFindings, still: Sequence[str]) -> str:
    lost = [name for name in _largest(found, "regime") if name not in still]
    causes = [f"{_listed(still)} never moved"] if still else []
    causes += [f"not even an ideal encoder learns {_listed(lost)} from it"] if lost else []
    why = " and ".join(causes)
    most = _ideal(found)
    if found.r2 > most + ABOVE:
        why += f"; that {_r2(found.r2)} is recovered means that training stopped short of its optimum, which has less"
        return f"Your exploration can teach only {_r2(most)}: {why}. Record another exploration."
    return (
        f"Your exploration can teach only {_r2(most)}, and {_r2(found.r2)} is recovered: {why}. Record "
        "another exploration."
    )


def _scene(found: SeriesFindings, still: Sequence[str]) -> str:
    lost = _listed(_largest(found, "scene"))
    return (
        f"{_teaches(found)}, but even a supervised encoder reads only {_r2(_shown(found))} off the frames, and "
        f"{_r2(found.r2)} is recovered: make {lost} visible in the scene."
    )


def _non_identifiability(found: SeriesFindings, still: Sequence[str]) -> str:
    lost = _listed(_largest(found, "non_identifiability"))
    return (
        f"Your exploration fits several equally aligned embeddings that differ in {lost}, and {_r2(found.r2)} is "
        "recovered: give the controls Gaussian distributions and unequal pair correlations."
    )


def _style(found: SeriesFindings, still: Sequence[str]) -> str:
    lost = sum(part.style or 0.0 for part in (found.parts or {}).values()) / max(len(found.parts or {}), 1)
    return (
        f"{_so_far(found)}, but the embedding shows style in its place, which costs {_r2(lost)}, and "
        f"{_r2(found.r2)} is recovered: train longer, or give alignment more weight (a smaller lambda)."
    )


def _data(found: SeriesFindings, still: Sequence[str]) -> str:
    frames = found.exploration.frames if found.exploration is not None else 0
    why = "were memorised" if found.memorising else "are too few"
    return f"{_so_far(found)}, but {frames:,} frames {why}, and {_r2(found.r2)} is recovered: record more."


def _optimisation(found: SeriesFindings, still: Sequence[str]) -> str:
    after = f" after {found.steps:,} steps" if found.steps else ""
    return (
        f"{_so_far(found)}, but training stopped short of its optimum{after} and {_r2(found.r2)} is recovered: train "
        "longer, or with another learning rate or seed."
    )


def _unexplained(found: SeriesFindings, still: Sequence[str]) -> str:
    assert found.parts is not None
    if any(part.regime is None for part in found.parts.values()):
        seen = "" if found.shown is None else f"The frames show {_r2(_shown(found))} and {_r2(found.r2)} is recovered; "
        rest = "what the exploration can teach could not be predicted, so that data and training cannot be told apart."
        return f"{seen}{rest}" if seen else f"{_r2(found.r2)} is recovered; {rest}"
    return f"{_so_far(found)}, but {_r2(found.r2)} is recovered, and neither data, scene nor training explains it."


SENTENCES = {
    "regime": _regime,
    "scene": _scene,
    "non_identifiability": _non_identifiability,
    "style": _style,
    "data": _data,
    "optimisation": _optimisation,
    "unexplained": _unexplained,
}
"""The sentence of every cause."""


def _so_far(found: SeriesFindings) -> str:
    """Say what exploration and frames allow, before the cause that remains."""
    shown = "" if found.shown is None else f" and the frames show it ({_r2(_shown(found))})"
    return f"{_teaches(found)}{shown}"


def _teaches(found: SeriesFindings) -> str:
    if any(part.regime is None for part in (found.parts or {}).values()):
        return "What your exploration can teach could not be predicted"
    return f"Your exploration can teach {_r2(_ideal(found))}"


def _ideal(found: SeriesFindings) -> float:
    """R^2 of the ideal encoder, mean over controls; where that is unknown, what the exploration does not take away."""
    if found.ideal is not None:
        return found.ideal
    parts = (found.parts or {}).values()
    return 1.0 - sum(part.regime or 0.0 for part in parts) / max(len(parts), 1)


def _shown(found: SeriesFindings) -> float:
    shown = found.shown or {}
    return sum(shown.values()) / max(len(shown), 1)


def _r2(value: float) -> str:
    """Return an R^2 with two decimals; one below 0 recovers as little as 0."""
    return f"{max(value, 0.0):.2f}"


def _still(found: SeriesFindings) -> list[str]:
    if found.exploration is None:
        return []
    return [name for name in found.per_control if found.exploration.sd.get(name, 1.0) < STILL]


def _largest(found: SeriesFindings, part: str) -> list[str]:
    """Return the controls that make up most of a part: each at least half of the largest one's."""
    size = {name: getattr(parts, part) or 0.0 for name, parts in (found.parts or {}).items()}
    most = max(size.values(), default=0.0)
    return [name for name, value in size.items() if value >= max(most / 2, 0.02)]


def _which(found: SeriesFindings, still: Sequence[str]) -> str:
    """Say which controls are lost, where nothing is known of the cause."""
    lost = [name for name, value in found.per_control.items() if value < RECOVERED]
    moving = [name for name in lost if name not in still]
    unmoved = [name for name in still if name in lost]
    poorly = [name for name in moving if found.per_control[name] < PARTLY]
    partly = [name for name in moving if found.per_control[name] >= PARTLY]
    said = []
    if unmoved:
        said.append(
            f"{_listed(unmoved)} never moved, so nothing could be learned of {'it' if len(unmoved) == 1 else 'them'}"
        )
    if poorly:
        said.append(f"{_listed(poorly)} moved but can hardly be read")
    if partly:
        said.append(f"{_listed(partly)} can be read only in part")
    opening = "Partly recovered" if found.r2 >= PARTLY else "Not recovered"
    return f"{opening}, R² {_r2(found.r2)}: {'; '.join(said)}."


def _listed(names: Sequence[str]) -> str:
    """Name controls; of many, how many they are."""
    if len(names) > NAMED:
        return f"{len(names)} controls ({', '.join(names[:NAMED])} ...)"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
