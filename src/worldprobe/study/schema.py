"""The one place where a study's settings are defined, composed of the settings of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PlainSerializer,
    PositiveInt,
    ValidationError,
    model_validator,
)

from worldprobe._util.registry import Component, Registry
from worldprobe.errors import InvalidStudy, UnknownName
from worldprobe.explore import REGIMES, Regime
from worldprobe.planning import PlanningSettings
from worldprobe.study.axes import Axis, Label
from worldprobe.study.hypotheses import PLANNED, Hypothesis, check_side
from worldprobe.study.validation_errors import explain
from worldprobe.train import ENCODERS, OBJECTIVES, Encoder, Objective, TrainingSettings
from worldprobe.world import WORLDS, World

C = TypeVar("C", bound=Component)


def make_component(registry: Registry[type[C]], value: Any, path: str, default_name: str | None = None) -> C:
    """Make a component from "name" or {"name": ..., setting: value ...}.

    Raises UnknownName for a name that the registry lacks and InvalidStudy, with the key's path, for its settings.
    """
    if isinstance(value, Component):
        return value  # type: ignore[return-value]
    given = {"name": value} if isinstance(value, str) else {} if value is None else value
    if not isinstance(given, Mapping):
        raise InvalidStudy(path, [f"{path} = {value!r}: allowed is a name, or a mapping with a name and settings."])
    settings = dict(given)
    name = settings.pop("name", default_name)
    if not isinstance(name, str):
        raise InvalidStudy(path, [f"{path}.name: missing. Known: {', '.join(registry)}."])
    try:
        return registry[name].model_validate(settings)
    except ValidationError as error:
        raise InvalidStudy(path, explain(error, registry[name], path)) from None


def describe(registry: Registry[type[C]], component: C) -> dict[str, Any]:
    """Return {"name": ..., settings ...}, from which `make_component` makes the same component."""
    return {"name": registry.name_of(type(component)), **component.settings()}


def _one(registry: Registry[Any]) -> tuple[BeforeValidator, PlainSerializer]:
    def make(value: Any, info: Any) -> Any:
        return make_component(registry, value, str(info.field_name))

    return BeforeValidator(make), PlainSerializer(lambda component: describe(registry, component))


def _labelled(registry: Registry[Any]) -> tuple[BeforeValidator, PlainSerializer]:
    def make(value: Any, info: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        path = info.field_name
        return {key: make_component(registry, given, f"{path}.{key}", str(key)) for key, given in value.items()}

    def dump(components: Mapping[str, Any]) -> dict[str, Any]:
        return {key: describe(registry, component) for key, component in components.items()}

    return BeforeValidator(make), PlainSerializer(dump)


class References(Component):
    """What every result stands beside: a ceiling that sees the controls, and two floors that learn nothing."""

    supervised_on: str | None = Field(None, description="regime whose frames the supervised ceiling trains on")
    untrained: bool = Field(True, description="an encoder with its initial weights")
    pixels: bool = Field(True, description="ridge regression from raw pixels to controls")


class PublishedValue(Component):
    """A published R^2 (h -> z) of one regime and objective at one point of the axes."""

    regime: str
    objective: str
    axes: dict[str, Label] = Field({}, description="of an axis that is not named here, the best point was chosen")
    control: str | None = Field(None, description="whose R^2 it is; the mean over controls if not given")
    r2: float


class Published(Component):
    """What a paper reports of the same experiment, for the report to set beside our runs."""

    source: str
    preset: str = Field("gpu", description="the preset with the paper's own settings")
    values: list[PublishedValue] = Field([])
    deviations: list[str] = Field([], description="how this study differs; settings that do are added by themselves")


class Study(Component):
    """world x regimes x objectives x seeds x axes, with one encoder, one budget and one canonical test set for all."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    question: str
    world: Annotated[World, *_one(WORLDS)]
    regimes: Annotated[dict[str, Regime], Field(min_length=1), *_labelled(REGIMES)]
    objectives: Annotated[dict[str, Objective], Field(min_length=1), *_labelled(OBJECTIVES)]
    encoder: Annotated[Encoder, *_one(ENCODERS)]
    d: PositiveInt | None = Field(None, description="dimensions of the embedding; as many as controls if not given")
    frames: Annotated[int, Field(ge=64)] | None = Field(
        description="training frames of each regime and seed; null: drawn afresh for every step (worlds of vectors)"
    )
    heldout_frames: Annotated[int, Field(ge=64)] = Field(2048, description="frames of held-out pairs, never trained on")
    probe_frames: Annotated[int, Field(ge=64)] = Field(4096, description="canonical frames that the probe is fitted on")
    test_frames: Annotated[int, Field(ge=64)] = Field(4096, description="canonical frames that the probe is scored on")
    canonical_seed: NonNegativeInt = Field(0, description="the canonical sets' own seed: the same for every run")
    test_points: Literal["canonical", "grid"] = Field(
        "canonical", description="what is probed and scored: N(0, I), or evenly over the box [-3, 3]^n"
    )
    training: TrainingSettings
    restarts: PositiveInt = Field(
        1, description="encoders per run, of which the one with the lowest final loss is kept"
    )
    seeds: Annotated[list[NonNegativeInt], Field(min_length=1)]
    references: References = References()
    axes: dict[str, Axis] = Field({}, description="what else varies: every combination is run")
    published: Published | None = None
    planning: PlanningSettings | None = Field(None, description="how every encoder is tried at planning, if it is")
    hypotheses: list[Hypothesis] = Field([], description="claims that the results confirm or refute")

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {self.seeds} repeat: each seed is one run")
        ceiling = self.references.supervised_on
        if ceiling is not None and ceiling not in self.regimes:
            raise UnknownName("regime of references.supervised_on", ceiling, self.regimes)
        if self.frames is None and len(self.world.observation_shape) != 1:
            raise ValueError("frames = null draws afresh for every step; a world that renders needs a number of frames")
        for hypothesis in self.hypotheses:
            self._check_hypothesis(hypothesis)
        return self

    def _check_hypothesis(self, hypothesis: Hypothesis) -> None:
        conditions = [(regime, objective) for regime in self.regimes for objective in self.objectives]
        if self.references.supervised_on is not None:
            conditions.append((self.references.supervised_on, "supervised"))
        if hypothesis.metric in PLANNED and self.planning is None:
            raise ValueError(f"the hypothesis {str(hypothesis)!r} is of a study that plans: add a section planning")
        for side in hypothesis.sides:
            if side.objective is None and len(self.objectives) > 1:
                raise ValueError(f"the hypothesis {str(hypothesis)!r} must say which of {', '.join(self.objectives)}")
            check_side(side, conditions, self.axes)
        names = [spec.name for spec in self.world.controls]
        if hypothesis.control is not None and not self.axes and hypothesis.control not in names:
            raise UnknownName("control of a hypothesis:", hypothesis.control, names)

    @property
    def dimensions(self) -> int:
        """The embedding's dimension d."""
        return self.d or len(self.world.controls)

    @property
    def stored_frames(self) -> int:
        """The training frames that are stored for each regime and seed."""
        return self.frames or 0
