"""The cells of a study: which runs there are, what each is called, what stands for what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worldprobe.studies.schema import Study


class Role(StrEnum):
    """What a run is for: the measurement itself, or something to hold it against."""

    MEASURED = "measured"
    CEILING = "ceiling"
    FLOOR = "floor"
    PIXELS = "pixels"


CANONICAL = "canonical"
"""Stands in the place of a regime for references that no exploration takes part in."""


@dataclass(frozen=True)
class Cell:
    """One run of a study."""

    regime: str
    objective: str
    seed: int
    role: Role

    @property
    def id(self) -> str:
        """The run's name, and its folder's."""
        return f"{self.regime}__{self.objective}__seed{self.seed}"


def cells(study: Study) -> list[Cell]:
    """Return every run of a study, those that share a dataset beside each other."""
    found = []
    for seed in study.seeds:
        for regime in study.regimes:
            found += [Cell(regime, objective, seed, Role.MEASURED) for objective in study.objectives]
            if regime == study.references.supervised_on:
                found.append(Cell(regime, "supervised", seed, Role.CEILING))
        if study.references.untrained:
            found.append(Cell(CANONICAL, "untrained", seed, Role.FLOOR))
    if study.references.pixels:
        found.append(Cell(CANONICAL, "pixels", study.seeds[0], Role.PIXELS))
    return found
