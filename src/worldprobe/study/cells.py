"""The cells of a study: which runs and explorations there are, and what each is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from worldprobe.study.axes import Point, points, project
from worldprobe.study.labels import CANONICAL
from worldprobe.study.schema import Study


class RunRole(StrEnum):
    """What a run is for: the measurement itself, or something to compare it with."""

    MEASURED = "measured"
    CEILING = "ceiling"
    FLOOR = "floor"
    PIXELS = "pixels"


LEARNING = ("training", "frames", "heldout_frames", "restarts", "seeds")
"""The parts of a study that matter only to what is trained."""


@dataclass(frozen=True)
class Cell:
    """One run of a study."""

    regime: str
    objective: str
    seed: int
    role: RunRole
    axes: Point = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The run's name, and its folder's."""
        return "__".join([self.regime, self.objective, *_labels(self.axes), f"seed{self.seed}"])

    @property
    def parts(self) -> dict[str, Any]:
        """What distinguishes the run from others."""
        return {"regime": self.regime, "objective": self.objective, "seed": self.seed, **_axes(self.axes)}


@dataclass(frozen=True)
class ExplorationCell:
    """One exploration of a study: a regime at a point of the axes that matter to it."""

    regime: str
    axes: Point = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The exploration's name, and its files'."""
        return "__".join([self.regime, *_labels(self.axes)])

    @property
    def parts(self) -> dict[str, Any]:
        """What distinguishes the exploration from others."""
        return {"regime": self.regime, **_axes(self.axes)}


def cells(study: Study) -> list[Cell]:
    """Return every run of a study, those that share a dataset next to each other.

    An axis that changes nothing in a run (lambda, where the objective has none) does not repeat it.
    """
    return _distinct(every_cell(study))


def explorations(study: Study) -> list[ExplorationCell]:
    """Return every exploration of a study."""
    return _distinct(every_exploration(study))


def every_cell(study: Study) -> Iterable[Cell]:
    """Give the runs at every point and seed; a run that several points share is given for each of them."""
    return (cell for point in points(study.axes) for seed in study.seeds for cell in _at(study, point, seed))


def every_exploration(study: Study) -> Iterable[ExplorationCell]:
    """Give the explorations at every point; one that several points share is given for each of them.

    What is predicted belongs to them, and depends on d.
    """
    for point in points(study.axes):
        for regime in study.labels:
            others = _others(study, regime)
            indifferent = [*others, *LEARNING, "objectives", "encoder"]
            yield ExplorationCell(regime, project(point, study.axes, indifferent))


def _at(study: Study, point: Point, seed: int) -> Iterable[Cell]:
    """Give the runs at one point and seed, each with the axes that matter to it."""
    for regime in study.labels:
        others = _others(study, regime)
        for objective in study.objectives:
            rivals = [f"objectives.{other}" for other in study.objectives if other != objective]
            measured = project(point, study.axes, others + rivals)
            yield Cell(regime, objective, seed, RunRole.MEASURED, measured)
        if regime == study.references.supervised_on:
            ceiling = project(point, study.axes, [*others, "objectives"])
            yield Cell(regime, "supervised", seed, RunRole.CEILING, ceiling)
    blind = [*([] if study.test_points == "heldout" else [study.labelled_by]), "objectives", *LEARNING]
    if study.references.untrained:
        yield Cell(CANONICAL, "untrained", seed, RunRole.FLOOR, project(point, study.axes, blind))
    if study.references.pixels and seed == study.seeds[0]:
        pixels = project(point, study.axes, [*blind, "encoder", "d"])
        yield Cell(CANONICAL, "pixels", seed, RunRole.PIXELS, pixels)


def _others(study: Study, label: str) -> list[str]:
    """Return the parts of a study that matter to other explorations alone.

    What one source keeps out of training is part of the test set of all.
    """
    if study.test_points == "heldout":
        return []
    return [f"{study.labelled_by}.{other}" for other in study.labels if other != label]


def _axes(axes: Point) -> dict[str, Any]:
    return {f"axis {name}": label for name, label in axes.items()}


def _labels(axes: Point) -> list[str]:
    return [f"{name}-{label}" for name, label in axes.items()]


T = TypeVar("T", Cell, ExplorationCell)


def _distinct(found: Iterable[T]) -> list[T]:
    return list({cell.id: cell for cell in found}.values())
