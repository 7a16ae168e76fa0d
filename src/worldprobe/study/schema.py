"""The one place where a study's settings are defined, composed of the settings of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from worldprobe._util.registry import Component, ImpossibleSetting
from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.explore import REGIMES, Regime
from worldprobe.planning import PlanningSettings
from worldprobe.results import Hypothesis, Published
from worldprobe.sources import Canonical, Grid, Joint, Simulated, Source
from worldprobe.study.axes import MOST_POINTS, NOT_VARIED, Axis, point_count
from worldprobe.study.components import labelled, one_of
from worldprobe.study.hypotheses import OF_TRANSITIONS, PLANNED, check_side
from worldprobe.study.labels import WORLD, check_ids, check_labels
from worldprobe.study.open_sources import open_sources
from worldprobe.study.source_settings import RecordedSettings, SimulatedSettings, sources_by_label
from worldprobe.train import ENCODERS, OBJECTIVES, Encoder, Objective, TrainingSettings
from worldprobe.world import WORLDS, Control, PictureTable, World

ANNOTATIONS = ("hypotheses", "published", "smoke", "expect", "audit")
"""Keys that say how results are to be read: they change no run, and a results folder accepts changes to them."""


MOST_PIXEL_FRAMES, MOST_PIXELS = 20_000, 4096
"""Frames that a ridge regression on raw pixels is fitted on at most, where a frame has no more numbers than that: at
32 x 32 pixels half a minute's work, which grows with the cube of the pixels."""


class References(Component):
    """What every result is compared with: a supervised ceiling, and two floors that learn nothing."""

    supervised_on: str | None = Field(
        None,
        description="regime on whose frames the supervised ceiling is trained, with the controls as targets",
    )
    untrained: bool = Field(True, description="measure an encoder with its initial weights: a floor")
    pixels: bool = Field(True, description="measure ridge regression from raw pixels to controls: a floor")
    pixel_frames: Annotated[int, Field(ge=64)] | None = Field(
        None,
        description="canonical frames that the ridge regression is fitted on; null: as many as an encoder trains on, "
        f"at most {MOST_PIXEL_FRAMES:,}; as many as the probe has for vectors and for frames larger than 32 x 32",
    )


def _words(settings: Any) -> set[str]:
    """Return the words that occur in settings, as keys or as values."""
    if isinstance(settings, Mapping):
        return {str(key) for key in settings} | set().union(*map(_words, settings.values()))
    if isinstance(settings, list | tuple):
        return set().union(*map(_words, settings))
    return {settings} if isinstance(settings, str) else set()


class Study(Component):
    """sources x objectives x seeds x axes, with one encoder, one budget and one test set for all.

    The sources are one world explored by `regimes`, or `sources` of any kind: recordings, worlds, or both.
    """

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64, description="lower-case letters, digits and hyphens"
    )
    title: str = Field(description="one line, the report's heading")
    question: str = Field(description="what the study asks, in a sentence or two")
    world: Annotated[World | None, *one_of(WORLDS, optional=True)] = Field(
        None, description="what is seen: a world's name, or {name: ..., setting: value ...} (`worldprobe worlds`)"
    )
    regimes: Annotated[dict[str, Regime], *labelled(REGIMES)] = Field(
        {},
        description="ways of exploring the world, by label: {label: {name: ..., setting: value ...}}; the name is the "
        "label where it is not given (`worldprobe regimes`)",
    )
    sources: Annotated[dict[str, RecordedSettings | SimulatedSettings], *sources_by_label()] = Field(
        {},
        description="instead of world and regimes, what is compared, by label: {label: {recording: PATH, ...}} or "
        "{label: {world: ..., regime: ...}}; all have states of the same names and frames of one size",
    )
    style: tuple[str, ...] = Field(
        (),
        description="controls of the world that are nuisance: drawn afresh for every frame, so also within each pair, "
        "and not among what is to be found; how far embeddings ignore them is measured",
    )
    objectives: Annotated[dict[str, Objective], Field(min_length=1), *labelled(OBJECTIVES)] = Field(
        description="what is minimised, by label, in the same form"
    )
    encoder: Annotated[Encoder, *one_of(ENCODERS)] = Field(
        description="the network from observations to embeddings: a name, or {name: ..., setting: value ...}"
    )
    d: PositiveInt | None = Field(None, description="dimensions of the embedding; as many as controls if not given")
    frames: Annotated[int, Field(ge=64)] | None = Field(
        description="training frames of each source and seed, of a recording at most; null: drawn afresh for every "
        "step (worlds of vectors), or all that was recorded"
    )
    heldout_frames: Annotated[int, Field(ge=64)] = Field(2048, description="frames of held-out pairs, never trained on")
    probe_frames: Annotated[int, Field(ge=64)] = Field(4096, description="canonical frames that the probe is fitted on")
    test_frames: Annotated[int, Field(ge=64)] = Field(4096, description="canonical frames that the probe is scored on")
    canonical_seed: NonNegativeInt = Field(0, description="the canonical sets' own seed: the same for every run")
    test_points: Literal["canonical", "grid", "heldout"] = Field(
        "canonical",
        description="what is probed and scored: N(0, I), a regular grid over the box [-3, 3]^n, or what every source "
        "keeps out of training, in equal shares; `heldout` where there are `sources` and nothing is said",
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

    @model_validator(mode="before")
    @classmethod
    def _scored_on_what_is_kept_out(cls, given: Any) -> Any:
        """Score sources on what they keep out of training, where nothing else is said."""
        if isinstance(given, Mapping) and given.get("sources") and "test_points" not in given:
            return {**given, "test_points": "heldout"}
        return given

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        self._check_sources()
        if len(set(self.seeds)) < len(self.seeds):
            raise ImpossibleSetting("seeds", self.seeds, "a seed occurs twice, and each seed is one run")
        ceiling = self.references.supervised_on
        if ceiling is not None and ceiling not in self.labels:
            raise UnknownName("regime of references.supervised_on", ceiling, self.labels)
        self._check_actions()
        for label in self.expect:
            if label not in (*self.labels, WORLD):
                raise UnknownName("regime of expect", label, [*self.labels, WORLD])
        for number, hypothesis in enumerate(self.hypotheses):
            self._check_hypothesis(hypothesis, f"hypotheses.{number}")
        self._check_axes()
        return self

    def _check_sources(self) -> None:
        """Raise ValueError where there is neither a world with regimes nor sources, or both, or frames are lacking."""
        if self.sources:
            both = next((key for key in ("world", "regimes") if getattr(self, key)), None)
            if both is not None:
                raise ImpossibleSetting(both, "given", "`sources` take the place of `world` and `regimes`")
            if self.planning is not None:
                raise ImpossibleSetting("planning", "given", "plans are made in a `world`, not in `sources`")
            if self.style:
                raise ImpossibleSetting("style", list(self.style), "style is a `world`'s; recordings have their own")
            if self.frames is None and any(isinstance(one, SimulatedSettings) for one in self.sources.values()):
                raise ImpossibleSetting("frames", None, "a source that is simulated needs a number of frames")
            return
        for key in ("world", "regimes"):
            if not getattr(self, key):
                raise ImpossibleSetting(key, getattr(self, key), "missing: a study has a world and regimes, or sources")
        assert self.world is not None
        self._check_style(self.world)
        if self.frames is None and len(self.world.observation_shape) != 1:
            raise ImpossibleSetting(
                "frames", None, "null draws afresh for every step; a world that renders needs a number of frames"
            )

    def _check_style(self, world: World) -> None:
        """Raise ValueError where style names no control of the world, or all of them, or plans are made."""
        if not self.style or self.axes:
            return  # an axis may change the world; its points are checked one by one
        Canonical(world, style=self.style)
        if len(set(self.style)) < len(self.style):
            raise ImpossibleSetting("style", list(self.style), "a control occurs twice; name it once")
        if self.planning is not None:
            raise ImpossibleSetting("planning", "given", "plans are made in a world without `style`")
        if isinstance(world, PictureTable):
            raise ImpossibleSetting(
                "style", list(self.style), "a table of pictures has none: only worlds that draw their frames do"
            )
        for label, regime in self.regimes.items():
            moved = sorted(set(self.style) & _words(regime.settings()))
            if moved:
                drawn = f"the exploration {label} names {moved[0]}, which style draws afresh within every pair"
                raise ImpossibleSetting("style", list(self.style), f"{drawn}; name it in one of the two")

    def _check_actions(self) -> None:
        """Raise ImpossibleSetting where an objective needs actions that a regime's pairs do not carry."""
        idle = [label for label, regime in self.regimes.items() if not regime.acts]
        for label, objective in self.objectives.items():
            if objective.uses_actions and idle:
                given = OBJECTIVES.name_of(type(objective))
                allowed = f"it predicts what actions lead to, and the pairs of {', '.join(idle)} carry none"
                raise ImpossibleSetting(f"objectives.{label}", given, allowed)

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
            labels = ("axes", list(self.axes)) if self.axes else (self.labelled_by, list(self.labels))
            raise ImpossibleSetting(*labels, str(error)) from None

    def _check_hypothesis(self, hypothesis: Hypothesis, key: str) -> None:
        conditions = [(regime, objective) for regime in self.labels for objective in self.objectives]
        if self.references.supervised_on is not None:
            conditions.append((self.references.supervised_on, "supervised"))
        if hypothesis.metric in PLANNED and self.planning is None:
            raise ImpossibleSetting(key, str(hypothesis), "only a study that plans has this metric: add `planning:`")
        known = [label for label, objective in self.objectives.items() if objective.uses_actions]
        if hypothesis.metric in OF_TRANSITIONS and any(
            (side.objective or next(iter(self.objectives))) not in known for side in hypothesis.sides
        ):
            allowed = "only an objective that predicts from actions has this metric, such as lejepa-predictive"
            raise ImpossibleSetting(key, str(hypothesis), allowed)
        for side in hypothesis.sides:
            if side.objective is None and len(self.objectives) > 1:
                allowed = f"it must name one of the objectives {', '.join(self.objectives)}"
                raise ImpossibleSetting(key, str(hypothesis), allowed)
            check_side(side, conditions, self.axes)
        if hypothesis.control is None or self.axes or self.world is None:
            return  # what a recording holds is not read before the study is run
        names = [spec.name for spec in self.world.controls if spec.name not in self.style]
        if hypothesis.control not in names:
            raise UnknownName("control of a hypothesis:", hypothesis.control, names)

    @property
    def dimensions(self) -> int:
        """The embedding's dimension d."""
        return self.d or len(self.controls)

    @property
    def stored_frames(self) -> int:
        """The training frames that are stored for each regime and seed."""
        return self.frames or 0

    @property
    def pixel_frames(self) -> int:
        """Canonical frames that the ridge regression on raw pixels is fitted on; the probe's own for recordings."""
        if self.world is None or len(self.world.observation_shape) == 1:
            return self.probe_frames
        most = MOST_PIXEL_FRAMES if prod(self.world.observation_shape) <= MOST_PIXELS else 0
        return self.references.pixel_frames or max(self.probe_frames, min(self.stored_frames, most))

    @property
    def afresh(self) -> bool:
        """Whether pairs are drawn afresh for every step."""
        return self.frames is None and self.world is not None

    @property
    def labelled_by(self) -> str:
        """The key that gives what is compared its labels: regimes or sources."""
        return "sources" if self.sources else "regimes"

    @property
    def labels(self) -> list[str]:
        """What is compared: the labels of the regimes, or of the sources."""
        return list(self.sources or self.regimes)

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls of every source; raises what reading a recording raises."""
        return self.test_source.controls

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """The shape of every source's observations."""
        return tuple(self.test_source.observation_shape)

    def source(self, label: str) -> Source:
        """Return a source by its label; raises what reading a recording raises."""
        if self.world is None:
            return self._opened[label]
        return Simulated(self.world, self.regimes[label], style=self.style)

    @property
    def test_source(self) -> Source:
        """Where probes are fitted and scored; raises what reading a recording raises."""
        if self.test_points == "heldout":
            return Joint({label: self.source(label) for label in self.labels})
        return (Grid if self.test_points == "grid" else Canonical)(self.world or self._only_world, style=self.style)

    def known_world(self, what: str) -> World:
        """Return the world; raises InvalidValue, saying what needs it, where there are sources instead."""
        if self.world is None:
            raise InvalidValue("world", None, f"given, for {what}", "`sources` do not have one world.")
        return self.world

    @property
    def data_warnings(self) -> list[str]:
        """What the readers of its recordings found that is no error and should be known."""
        opened = {label: one.opened for label, one in self.sources.items() if isinstance(one, RecordedSettings)}
        several = len(opened) > 1
        return [f"{label}: {said}" if several else said for label, one in opened.items() for said in one.warnings]

    @cached_property
    def _opened(self) -> dict[str, Source]:
        return open_sources(self.sources)

    @property
    def _only_world(self) -> World:
        """The world of the sources that are simulated, where it is one."""
        worlds = [one.world for one in self.sources.values() if isinstance(one, SimulatedSettings)]
        if len({repr(world) for world in worlds}) != 1:
            allowed = "heldout, where the sources do not have exactly one world"
            raise InvalidValue("test_points", self.test_points, allowed)
        return worlds[0]


def unannotated(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's settings without those that change no run."""
    return {key: value for key, value in settings.items() if key not in ANNOTATIONS}
