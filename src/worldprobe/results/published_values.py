"""What a paper reports of the same experiment, for our runs to be compared with."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from worldprobe.results.record import Label, Record


class PublishedValue(Record):
    """A published R^2 (h -> z) of one regime and objective at one point of the axes."""

    model_config = ConfigDict(frozen=True)

    regime: str = Field(description="label of the regime")
    objective: str = Field(description="label of the objective")
    axes: dict[str, Label] = Field({}, description="point on each axis; on an axis without one, the best was chosen")
    control: str | None = Field(None, description="the control whose R² it is; the mean over controls if not given")
    r2: float = Field(description="R² of a linear probe from embedding to controls")


class Published(Record):
    """What a paper reports of the same experiment; the report compares our runs with it."""

    model_config = ConfigDict(frozen=True)

    source: str = Field(description="the paper, and which of its tables or figures")
    preset: str = Field("gpu", description="the preset with the paper's own settings")
    values: list[PublishedValue] = Field([], description="the numbers that the paper states")
    deviations: list[str] = Field(
        [], description="how this study differs from the paper; settings that differ are added automatically"
    )
