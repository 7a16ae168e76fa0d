"""The parts of missing R²: what each is called, its colour, and which limit of data, scene or training it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sweep_conditions import compared_with
from worldprobe.results import MissingParts
from worldprobe.results.verdicts import cause_of

SHOWING = ("ceiling", "pixels")
"""The references that say what the scene's observations show."""


@dataclass(frozen=True)
class Part:
    """One part: its field of `MissingParts`, its name, its class in the style sheet, and what is then the limit."""

    field: str
    name: str
    colour: str
    limit: str

    def of(self, parts: MissingParts) -> float | None:
        """Return the part's size; None where it could not be separated."""
        size: float | None = getattr(parts, self.field)
        return size


PARTS = (
    Part("regime", "the exploration", "p0", "the exploration is the limit"),
    Part("scene", "the scene", "p1", "the scene is the limit"),
    Part("non_identifiability", "non-identifiability", "p2", "the exploration is the limit"),
    Part("style", "style", "p7", "style is the limit"),
    Part("data", "finite data", "p3", "the amount of data is the limit"),
    Part("optimisation", "optimisation", "p4", "the training is the limit"),
    Part("unexplained", "unexplained", "p5", "most of what is missing is unexplained"),
)
"""The parts in the order in which they are taken off."""

BY_FIELD = {part.field: part for part in PARTS}
NOT_SEPARATED = Part("unexplained", "not separated: no prediction", "p6", "the limit is not known")
"""What is left where the prediction was refused."""


def parts_of(folder: ResultsFolder) -> tuple[Part, ...]:
    """Return the parts that a results folder can have: style only where its study has some."""
    styled = any(run.recovery.style is not None for run in folder.results.runs)
    return PARTS if styled else tuple(part for part in PARTS if part.field != "style")


def separated(parts: MissingParts) -> bool:
    """Whether the exploration's part is known."""
    return parts.regime is not None


def missing_parts(folder: ResultsFolder, s: Series) -> dict[str, MissingParts]:
    """Return the mean over a series' runs of every control's parts; empty where they have none.

    The scene is charged with no more than what every reference lacks: where raw pixels show more than the supervised
    encoder reads, the difference is not the scene's.
    """
    known = {of.run: of.controls for of in folder.results.decomposition}
    runs = [known[run.id] for run in s.runs if run.id in known]
    means = {name: _mean([run[name] for run in runs]) for name in (runs[0] if runs else {})}
    return {name: _without_blame(part, shown_of(folder, s, name)) for name, part in means.items()}


def shown_of(folder: ResultsFolder, s: Series, control: str | None = None) -> float | None:
    """Return the R² that the observations are known to show of a control: of the supervised encoder or raw pixels.

    Without a control, the mean over all; None without such a reference.
    """
    if control is None:
        each = [shown_of(folder, s, name) for name in s.summary.r2_per_control]
        known = [value for value in each if value is not None]
        return float(np.mean(known)) if known and len(known) == len(each) else None
    found = [r for r in compared_with(folder, s.summary) if r.role in SHOWING]
    return max((r.r2_per_control[control].mean for r in found if control in r.r2_per_control), default=None)


def limit_of(parts: Sequence[MissingParts]) -> tuple[Part, float]:
    """Return the part of what is missing of these controls that the verdicts name, and its mean size."""
    part = BY_FIELD[cause_of(parts)]
    size = float(np.mean([part.of(each) or 0.0 for each in parts]))
    unknown = part.field == "unexplained" and not all(map(separated, parts))
    return (NOT_SEPARATED if unknown else part), size


def _mean(parts: Sequence[MissingParts]) -> MissingParts:
    def over(name: str) -> float | None:
        values = [getattr(part, name) for part in parts]
        return None if None in values else float(np.mean(values))

    return MissingParts.model_validate({name: over(name) for name in MissingParts.model_fields})


def _without_blame(parts: MissingParts, shown: float | None) -> MissingParts:
    if parts.scene is None or shown is None:
        return parts
    scene = min(parts.scene, max(0.0, 1.0 - shown))
    moved = {"scene": scene, "unexplained": parts.unexplained + parts.scene - scene}
    return parts.model_copy(update=moved)
