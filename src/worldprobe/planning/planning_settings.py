"""The settings of the planning benchmark: a study's `planning:` section."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from worldprobe._util.registry import Component, ImpossibleSetting
from worldprobe.planning.cem import CEM
from worldprobe.planning.displacements import Displacements
from worldprobe.planning.transition import TRANSITIONS


class PlanningSettings(Component):
    """Tasks, library, experience and planner; lengths in standard deviations of the canonical controls."""

    pairs: Annotated[int, Field(ge=2)] = Field(40, description="starts and goals, the same for every encoder")
    apart: PositiveFloat = Field(1.0, description="least distance between a start and its goal")
    reach: PositiveFloat = Field(2.0, description="every control stays within -reach to reach")
    library: PositiveInt = Field(
        10000, description="frames with known controls, by which points of an embedding are decoded"
    )
    waypoints: Annotated[list[PositiveInt], Field(min_length=1)] = Field(
        [3, 1, 10],
        description="how many points of a line are decoded, for each of several scores; the report shows the first",
    )
    experience: Annotated[int, Field(ge=64)] = Field(
        10000, description="random actions on which transition models are fitted"
    )
    transitions: Annotated[list[str], Field(min_length=1)] = Field(
        ["linear", "mlp"], description="models that predict how an action moves the embedding"
    )
    step: PositiveFloat = Field(0.3, description="longest displacement by one action")
    steps: PositiveInt = Field(40, description="most actions to reach a goal")
    horizon: PositiveInt = Field(5, description="actions that are planned ahead")
    population: Annotated[int, Field(ge=16)] = Field(96, description="plans drawn in each of six rounds")
    tolerance: PositiveFloat = Field(0.2, description="success: every true control this near to the goal's at the end")
    seed: NonNegativeInt = Field(0, description="planning's own seed: the same tasks and library for every run")

    @model_validator(mode="after")
    def _possible(self) -> PlanningSettings:
        for name in self.transitions:
            if name not in TRANSITIONS:
                raise ImpossibleSetting("transitions", name, f"known are {', '.join(TRANSITIONS)}")
        if self.apart > 2 * self.reach:
            allowed = f"at most 2 reach = {2 * self.reach:g}, the range of a control"
            raise ImpossibleSetting("apart", self.apart, allowed)
        return self

    @property
    def motion(self) -> Displacements:
        """What actions do."""
        return Displacements(self.step, self.reach)

    @property
    def planner(self) -> CEM:
        """The optimiser that searches for plans."""
        return CEM(self.horizon, self.population, max(4, self.population // 8))
