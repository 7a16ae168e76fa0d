"""The axes of a sweep: which settings vary, and the study at every point of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError, field_validator, model_validator

from worldprobe._util.registry import Component, ImpossibleSetting
from worldprobe._util.strict_yaml import number
from worldprobe.errors import InvalidStudy
from worldprobe.results import Label
from worldprobe.study.labels import check_labels
from worldprobe.study.overrides import at_path, merge, paths_of
from worldprobe.study.validation_errors import explain

if TYPE_CHECKING:
    from worldprobe.study.schema import Study

Point = dict[str, Label]
"""One point of a sweep: the label on each axis; empty for a study without axes."""

MOST_POINTS = 10_000
"""Points of a grid; beyond it no machine finishes, and listing them takes minutes."""
NOT_VARIED = frozenset(
    {"name", "title", "question", "seeds", "references", "axes", "published", "hypotheses", "smoke", "expect"}
)
"""Keys of a study that hold for all of it: an axis that varied them would change no run."""


class Axis(Component):
    """One thing that varies over a sweep, in one of two ways.

    `key` with a list of `values` sets one setting: {key: regimes.gaussian.rho, values: [0.3, 0.9]}. A mapping of
    `values` names each point and changes any settings: {values: {spiral: {world: spiral}, coupling: {...}}}.
    """

    key: str | None = Field(None, pattern=r"^[^.\s]+(\.[^.\s]+)*$", description="path of the setting that varies")
    values: list[Label] | dict[str, dict[str, Any]] = Field(
        min_length=1, description="with a key, the setting's values; without, {name of a point: {setting: value ...}}"
    )

    @field_validator("values", mode="before")
    @classmethod
    def _numbers(cls, values: Any) -> Any:
        """Take "1e-3" for the number that it is, and refuse words that cannot name a run's folder."""
        if not isinstance(values, list):
            return values
        found = [_number(value) for value in values]
        if any(isinstance(value, bool) for value in found):
            raise ValueError("points are numbers or words, not true or false: name them, as in {on: {key: true}}")
        return found

    @model_validator(mode="after")
    def _one_way(self) -> Axis:
        if isinstance(self.values, list) != (self.key is not None):
            raise ValueError("an axis has a key and a list of values, or no key and a mapping of values to settings")
        if len(set(self.values)) < len(self.values):
            raise ImpossibleSetting("values", self.values, "a value occurs twice, and each is one point")
        check_labels((label for label in self.labels if isinstance(label, str)), "a point of an axis")
        return self

    @property
    def labels(self) -> list[Label]:
        """The labels of the points on this axis."""
        return list(self.values)

    def changes(self, label: Label) -> dict[str, Any]:
        """Return the nested settings that hold at a point."""
        if self.key is not None:
            return at_path(self.key, label)
        assert isinstance(self.values, dict)
        return self.values[str(label)]

    @cached_property
    def paths(self) -> frozenset[str]:
        """The settings that it varies."""
        return frozenset(path for label in self.labels for path in paths_of(self.changes(label)))

    def matters(self, indifferent: Sequence[str]) -> bool:
        """Whether any setting that varies lies outside the `indifferent` parts of a study ("objectives.lejepa")."""
        return not all(any(f"{path}.".startswith(f"{part}.") for part in indifferent) for path in self.paths)


def _number(value: Any) -> Any:
    found = number(value) if isinstance(value, str) else None
    return value if found is None else float(found)


def point_count(axes: Mapping[str, Axis]) -> int:
    """Return how many points the grid of the axes has."""
    return prod(len(axis.labels) for axis in axes.values())


def points(axes: Mapping[str, Axis]) -> list[Point]:
    """Return every point of the grid that the axes span."""
    return [dict(zip(axes, labels, strict=True)) for labels in product(*(axis.labels for axis in axes.values()))]


def project(point: Point, axes: Mapping[str, Axis], indifferent: Sequence[str]) -> Point:
    """Return the point without the axes that vary nothing but `indifferent` parts of the study."""
    return {name: label for name, label in point.items() if axes[name].matters(indifferent)}


def study_at(study: Study, point: Point) -> Study:
    """Return the study at a point, without axes of its own. Raises InvalidStudy where a setting is impossible there."""
    if not study.axes:
        return study
    stored = study.model_dump(mode="json", exclude={"hypotheses"})  # claims are about the whole study
    settings = settings_at(stored, point)
    where = f"{study.name} at {', '.join(f'{name} {label}' for name, label in point.items())}"
    try:
        return type(study).model_validate(settings)
    except ValidationError as error:
        raise InvalidStudy(where, explain(error, type(study))) from None
    except InvalidStudy as error:
        raise InvalidStudy(where, error.problems) from None


def settings_at(settings: Mapping[str, Any], point: Point) -> dict[str, Any]:
    """Return a study's settings, as its results hold them, at a point, without axes of their own."""
    found = deepcopy({key: value for key, value in settings.items() if key != "axes"})
    for name, label in point.items():
        merge(found, Axis.model_validate(settings["axes"][name]).changes(label))
    return found
