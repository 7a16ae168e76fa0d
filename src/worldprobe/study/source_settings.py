"""What a study says of each of its sources: a recording and how it is read, or a world and its regime."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, PositiveInt, ValidationError

from worldprobe._util.registry import Component
from worldprobe.errors import InvalidStudy
from worldprobe.explore import REGIMES, Regime
from worldprobe.recordings.read import read_recording
from worldprobe.recordings.recording import Recording
from worldprobe.sources.recorded import SIZE
from worldprobe.study.components import one_of
from worldprobe.study.labels import RESERVED, check_labels
from worldprobe.study.validation_errors import explain, shown
from worldprobe.world import WORLDS, World


class RecordedSettings(Component):
    """A recording of one's own: states, frames, and pairs some rows apart."""

    recording: Path = Field(description="file or folder of a layout that `worldprobe audit --data` reads")
    states: tuple[str, ...] | None = Field(None, description="columns of the states; found where there is one")
    frames: str | None = Field(None, description="column or video of the frames; found where there is one")
    episode: str | None = Field(None, description="column of the episodes")
    actions: tuple[str, ...] | None = Field(None, description="columns of the actions; found where there is one")
    time: str | None = Field(None, description="column that rises with time within an episode")
    format: str | None = Field(None, description="layout, where several fit (`worldprobe formats`)")
    drop_bad: bool = Field(False, description="leave out rows that are not finite")
    stride: PositiveInt = Field(1, description="rows between the members of a pair")
    size: PositiveInt = Field(SIZE, description="pixels of a frame's side; recorded frames are averaged down to it")

    @cached_property
    def opened(self) -> Recording:
        """The recording, in its own units; raises as `read_recording`."""
        given = self.model_dump(exclude={"recording", "stride", "size"})
        return read_recording(self.recording, **given)


class SimulatedSettings(Component):
    """A world, and the regime that explores it."""

    world: Annotated[World, *one_of(WORLDS)] = Field(description="what is seen, in the form of a study's `world`")
    regime: Annotated[Regime, *one_of(REGIMES)] = Field(
        description="how it is explored, in the form of one of `regimes`"
    )


SourceSettings = RecordedSettings | SimulatedSettings


def sources_by_label() -> tuple[BeforeValidator, PlainSerializer]:
    """Return what makes a field of sources by label: recordings by their key `recording`, the others by `world`."""

    def make(value: Any, info: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        check_labels(value, info.field_name, RESERVED)
        return {label: _source(given, f"{info.field_name}.{label}") for label, given in value.items()}

    return BeforeValidator(make), PlainSerializer(lambda found: {label: one.settings() for label, one in found.items()})


def _source(given: Any, path: str) -> SourceSettings:
    if isinstance(given, RecordedSettings | SimulatedSettings):
        return given
    kinds: dict[str, type[RecordedSettings] | type[SimulatedSettings]] = {
        "recording": RecordedSettings,
        "world": SimulatedSettings,
    }
    named = [key for key in kinds if isinstance(given, Mapping) and key in given]
    if len(named) != 1:
        allowed = "allowed is {recording: PATH, ...} or {world: ..., regime: ...}"
        raise InvalidStudy(path, [f"{path} = {shown(given)}: {allowed}."])
    kind = kinds[named[0]]
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise InvalidStudy(path, explain(error, kind, path)) from None
    except InvalidStudy as error:
        raise InvalidStudy(path, [f"{path}.{problem}" for problem in error.problems]) from None
