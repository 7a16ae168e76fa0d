"""How planning is tried: what a study's `planning:` section may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from worldprobe._util.registry import Component, ImpossibleSetting
from worldprobe.planning.cem import CEM
from worldprobe.planning.motion import Motion
from worldprobe.planning.transition import TRANSITIONS


class PlanningSettings(Component):
    """Tasks, library, experience and planner; lengths in standard deviations of the canonical controls."""

    pairs: Annotated[int, Field(ge=2)] = Field(40, description="starts and goals, the same for every encoder")
    apart: PositiveFloat = Field(1.0, description="least distance between a start and its goal")
    reach: PositiveFloat = Field(2.0, description="no control goes beyond this, to either side")
    library: PositiveInt = Field(10000, description="frames with known controls that straight lines are decoded by")
    waypoints: Annotated[list[PositiveInt], Field(min_length=1)] = Field(
        [3, 1, 10],
        description="points at which a line is decoded; the report shows the first of these numbers",
    )
    experience: Annotated[int, Field(ge=64)] = Field(10000, description="random actions that transitions learn from")
    transitions: Annotated[list[str], Field(min_length=1)] = Field(
        ["linear", "mlp"], description="models of what an action does to the embedding"
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
    def motion(self) -> Motion:
        """What actions do."""
        return Motion(self.step, self.reach)

    @property
    def planner(self) -> CEM:
        """What looks for plans."""
        return CEM(self.horizon, self.population, max(4, self.population // 8))
