"""Which runs of a study train at once: one architecture, one objective but for its weight, one budget, one action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from worldprobe._util.files import content_key
from worldprobe._util.registry import Component
from worldprobe.study.axes import Point, study_at
from worldprobe.study.cells import Cell, RunRole
from worldprobe.study.schema import Study
from worldprobe.study.source_settings import SimulatedSettings, SourceSettings
from worldprobe.train import OBJECTIVES, Objective
from worldprobe.world import World

TOGETHER = {"cpu": 24, "cuda": 256}
"""Most encoders in a stack: beyond it a CPU gains nothing, and more is lost when a run is interrupted."""


class Variants:
    """The study at every point of its axes; points with equal settings share one world, and one opened recording."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._found: dict[str, Study] = {}
        self._worlds: dict[str, World] = {}
        self._sources: dict[str, SourceSettings] = {}
        self._share(study)

    @property
    def worlds(self) -> list[World]:
        """Every world that a point asked for so far needs."""
        return list(self._worlds.values())

    def at(self, point: Point) -> Study:
        """Return the study at a point; axes that are not named keep the study's own setting."""
        key = content_key([point])
        if key not in self._found:
            self._found[key] = self._share(study_at(self.study, point))
        return self._found[key]

    def _share(self, study: Study) -> Study:
        """Return a study with the worlds and recordings that others of equal settings have."""
        if study.world is not None:
            return study.model_copy(update={"world": self._shared_world(study.world)})
        sources = {label: self._sources.setdefault(_key(one), one) for label, one in study.sources.items()}
        for one in sources.values():
            if isinstance(one, SimulatedSettings):
                self._shared_world(one.world)
        return study.model_copy(update={"sources": sources})

    def _shared_world(self, world: World) -> World:
        return self._worlds.setdefault(_key(world), world)


def objective_of(cell: Cell, study: Study) -> Objective:
    """Return the objective of a run that is trained, from the study at its point."""
    if cell.role is RunRole.CEILING:
        return OBJECTIVES["supervised"].model_validate({})
    return study.objectives[cell.objective]


def stacks(cells: Sequence[Cell], variants: Variants, device: str) -> list[list[Cell]]:
    """Return the runs in groups that train at once, whole groups in the order of their first run.

    Which runs share a group does not depend on what is finished, so a killed study finds its checkpoints again.
    """
    groups: list[list[Cell]] = []
    open_groups: dict[str, list[Cell]] = {}
    for cell in cells:
        study = variants.at(cell.axes)
        key = _kind(cell, study)
        most = max(1, TOGETHER.get(device, 1) // study.restarts)
        if key is None or len(open_groups.get(key, [cell] * most)) >= most:
            group = [cell]
            groups.append(group)
            if key is not None:
                open_groups[key] = group
        else:
            open_groups[key].append(cell)
    return groups


def _kind(cell: Cell, study: Study) -> str | None:
    """Return what runs of one stack have in common; None for a run that goes alone."""
    trained = cell.role in (RunRole.MEASURED, RunRole.CEILING)
    if not trained or not study.encoder.stackable:
        return None
    objective = objective_of(cell, study)
    kept = objective.model_dump(mode="json", exclude={objective.weight_field or ""})
    encoder = [type(study.encoder).__name__, study.encoder.settings()]
    shape: list[Any] = [list(study.observation_shape), study.dimensions, study.heldout_frames, study.restarts]
    if objective.uses_actions:
        shape.append(_actions(cell, study))
    return content_key([type(objective).__name__, kept, encoder, shape, study.training.settings()])


def _actions(cell: Cell, study: Study) -> int:
    """Return how many numbers an action of a run's pairs has: predictors of one stack read equally many."""
    actions = study.source(cell.regime).sample("heldout", study.heldout_frames, cell.seed).pairs.actions
    return 0 if actions is None else actions.shape[1]


def _key(component: Component) -> str:
    return content_key([type(component).__qualname__, component.settings()])
