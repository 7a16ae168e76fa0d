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
    field_validator,
    model_validator,
)

from worldprobe._util.registry import Component, ImpossibleSetting, Registry
from worldprobe.errors import InvalidStudy, UnknownName
from worldprobe.explore import REGIMES, Regime
from worldprobe.planning import PlanningSettings
from worldprobe.results import Hypothesis, Published
from worldprobe.study.axes import MOST_POINTS, NOT_VARIED, Axis, point_count
from worldprobe.study.hypotheses import PLANNED, check_side
from worldprobe.study.labels import RESERVED, WORLD, check_ids, check_labels
from worldprobe.study.validation_errors import explain, shown
from worldprobe.train import ENCODERS, OBJECTIVES, Encoder, Objective, TrainingSettings
from worldprobe.world import WORLDS, World

C = TypeVar("C", bound=Component)

ANNOTATIONS = ("hypotheses", "published", "smoke", "expect", "audit")
"""Keys that say how results are to be read: they change no run, and a results folder accepts changes to them."""


def make_component(registry: Registry[type[C]], value: Any, path: str, default_name: str | None = None) -> C:
    """Make a component from "name" or {"name": ..., setting: value ...}.

    Raises UnknownName for a name that the registry lacks and InvalidStudy, with the key's path, for its settings.
    """
    if isinstance(value, Component):
        return value  # type: ignore[return-value]
    given = {"name": value} if isinstance(value, str) else {} if value is None else value
    if not isinstance(given, Mapping):
        raise InvalidStudy(path, [f"{path} = {shown(value)}: allowed is a name, or {{name: ..., setting: value}}."])
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
        check_labels(value, path, RESERVED)
        return {key: make_component(registry, given, f"{path}.{key}", str(key)) for key, given in value.items()}

    def dump(components: Mapping[str, Any]) -> dict[str, Any]:
        return {key: describe(registry, component) for key, component in components.items()}

    return BeforeValidator(make), PlainSerializer(dump)


class References(Component):
    """What every result is compared with: a supervised ceiling, and two floors that learn nothing."""

    supervised_on: str | None = Field(
        None,
        description="regime on whose frames the supervised ceiling is trained, with the controls as targets",
    )
    untrained: bool = Field(True, description="measure an encoder with its initial weights: a floor")
    pixels: bool = Field(True, description="measure ridge regression from raw pixels to controls: a floor")


class Study(Component):
    """world x regimes x objectives x seeds x axes, with one encoder, one budget and one canonical test set for all."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64, description="lower-case letters, digits and hyphens"
    )
    title: str = Field(description="one line, the report's heading")
    question: str = Field(description="what the study asks, in a sentence or two")
    world: Annotated[World, *_one(WORLDS)] = Field(
        description="what is seen: a world's name, or {name: ..., setting: value ...} (`worldprobe worlds`)"
    )
    regimes: Annotated[dict[str, Regime], Field(min_length=1), *_labelled(REGIMES)] = Field(
        description="ways of exploring the world, by label: {label: {name: ..., setting: value ...}}; the name is the "
        "label where it is not given (`worldprobe regimes`)"
    )
    objectives: Annotated[dict[str, Objective], Field(min_length=1), *_labelled(OBJECTIVES)] = Field(
        description="what is minimised, by label, in the same form"
    )
    encoder: Annotated[Encoder, *_one(ENCODERS)] = Field(
        description="the network from observations to embeddings: a name, or {name: ..., setting: value ...}"
    )
    d: PositiveInt | None = Field(None, description="dimensions of the embedding; as many as controls if not given")
    frames: Annotated[int, Field(ge=64)] | None = Field(
        description="training frames of each regime and seed; null: drawn afresh for every step (worlds of vectors)"
    )
    heldout_frames: Annotated[int, Field(ge=64)] = Field(2048, description="frames of held-out pairs, never trained on")
    probe_frames: Annotated[int, Field(ge=64)] = Field(4096, description="canonical frames that the probe is fitted on")
    test_frames: Annotated[int, Field(ge=64)] = Field(4096, description="canonical frames that the probe is scored on")
    canonical_seed: NonNegativeInt = Field(0, description="the canonical sets' own seed: the same for every run")
    test_points: Literal["canonical", "grid"] = Field(
        "canonical", description="what is probed and scored: N(0, I), or a regular grid over the box [-3, 3]^n"
    )
    training: TrainingSettings = Field(description="steps, batch, learning rate and its schedule")
    restarts: PositiveInt = Field(
        1, description="encoders per run, of which the one with the lowest final loss is kept"
    )
    seeds: Annotated[list[NonNegativeInt], Field(min_length=1)] = Field(
        description="one run of everything for each; intervals are over seeds where there are several"
    )
    references: References = Field(References(), description="what results are compared with")
    axes: dict[str, Axis] = Field({}, description="what else varies, by name: every combination of points is run")
    published: Published | None = Field(None, description="what a paper reports of the same experiment")
    planning: PlanningSettings | None = Field(
        None, description="the planning benchmark that every encoder takes; none if not given"
    )
    hypotheses: list[Hypothesis] = Field([], description="claims that the results confirm or refute")
    smoke: bool = Field(
        False,
        description="the budget is too small for numbers that mean anything: no verdict is given and no hypothesis is "
        "decided; for presets that only show that everything runs",
    )
    expect: dict[str, Literal["fail"]] = Field(
        {},
        description="what fails its audit on purpose, as a contrast to the others: {label of a regime: fail}, or "
        "{world: fail}. It is reported as expected and does not make the audit's exit status 1",
    )

    audit: dict[str, dict[str, float]] = Field(
        {},
        description="thresholds of gates in place of the calibrated ones: {gate: {warn: number, fail: number}}, either "
        "of the two or both",
    )

    @field_validator("audit", mode="after")
    @classmethod
    def _known_thresholds(cls, chosen: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        from worldprobe.audits.thresholds import check_thresholds

        if chosen:
            check_thresholds(chosen)
        return chosen

    @field_validator("axes", mode="after")
    @classmethod
    def _plain_names(cls, axes: dict[str, Axis]) -> dict[str, Axis]:
        check_labels(axes, "axes")
        return axes

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        if len(set(self.seeds)) < len(self.seeds):
            raise ImpossibleSetting("seeds", self.seeds, "a seed occurs twice, and each seed is one run")
        ceiling = self.references.supervised_on
        if ceiling is not None and ceiling not in self.regimes:
            raise UnknownName("regime of references.supervised_on", ceiling, self.regimes)
        if self.frames is None and len(self.world.observation_shape) != 1:
            raise ImpossibleSetting(
                "frames", None, "null draws afresh for every step; a world that renders needs a number of frames"
            )
        for label in self.expect:
            if label not in (*self.regimes, WORLD):
                raise UnknownName("regime of expect", label, [*self.regimes, WORLD])
        for number, hypothesis in enumerate(self.hypotheses):
            self._check_hypothesis(hypothesis, f"hypotheses.{number}")
        self._check_axes()
        return self

    def _check_axes(self) -> None:
        """Raise ValueError where an axis is impossible, or two runs would have one name."""
        for name, axis in self.axes.items():
            for path in axis.paths:
                if path.partition(".")[0] in NOT_VARIED:
                    raise ImpossibleSetting(f"axes.{name}", path, "an axis cannot vary this: it is the whole study's")
        if (count := point_count(self.axes)) > MOST_POINTS:
            raise ImpossibleSetting("axes", list(self.axes), f"they span {count:,} points; at most {MOST_POINTS:,} run")
        from worldprobe.study.cells import every_cell, every_exploration  # they read studies

        try:
            check_ids((cell.id, cell.parts) for cell in every_cell(self))
            check_ids((cell.id, cell.parts) for cell in every_exploration(self))
        except ValueError as error:
            labels = ("axes", list(self.axes)) if self.axes else ("regimes", list(self.regimes))
            raise ImpossibleSetting(*labels, str(error)) from None

    def _check_hypothesis(self, hypothesis: Hypothesis, key: str) -> None:
        conditions = [(regime, objective) for regime in self.regimes for objective in self.objectives]
        if self.references.supervised_on is not None:
            conditions.append((self.references.supervised_on, "supervised"))
        if hypothesis.metric in PLANNED and self.planning is None:
            raise ImpossibleSetting(key, str(hypothesis), "only a study that plans has this metric: add `planning:`")
        for side in hypothesis.sides:
            if side.objective is None and len(self.objectives) > 1:
                allowed = f"it must name one of the objectives {', '.join(self.objectives)}"
                raise ImpossibleSetting(key, str(hypothesis), allowed)
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


def unannotated(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's settings without those that change no run."""
    return {key: value for key, value in settings.items() if key not in ANNOTATIONS}
