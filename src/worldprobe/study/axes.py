"""The axes of a sweep: which settings vary, and the study at every point of the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError, field_validator, model_validator

from worldprobe._util.registry import Component
from worldprobe.errors import InvalidStudy
from worldprobe.study.overrides import at_path, merge, paths_of
from worldprobe.study.validation_errors import explain

if TYPE_CHECKING:
    from worldprobe.study.schema import Study

Label = float | int | str
Point = dict[str, Label]
"""One point of a sweep: the label on each axis; empty for a study without axes."""


class Axis(Component):
    """One thing that varies over a sweep, in one of two ways.

    `key` with a list of `values` sets one setting: {key: regimes.gaussian.rho, values: [0.3, 0.9]}. A mapping of
    `values` names each point and changes any settings: {values: {spiral: {world: spiral}, coupling: {...}}}.
    """

    key: str | None = Field(None, pattern=r"^[^.\s]+(\.[^.\s]+)*$", description="path of the setting that varies")
    values: list[Label] | dict[str, dict[str, Any]] = Field(min_length=1)

    @field_validator("values", mode="before")
    @classmethod
    def _numbers(cls, values: Any) -> Any:
        """Take 1e-3 for the number that it is; YAML takes it for a word."""
        return [_number(value) for value in values] if isinstance(values, list) else values

    @model_validator(mode="after")
    def _one_way(self) -> Axis:
        if isinstance(self.values, list) != (self.key is not None):
            raise ValueError("an axis has a key and a list of values, or no key and a mapping of values to settings")
        if len(set(self.values)) < len(self.values):
            raise ValueError(f"values {self.values} repeat: each is one point")
        return self

    @property
    def labels(self) -> list[Label]:
        """What the points on this axis are called."""
        return list(self.values)

    def changes(self, label: Label) -> dict[str, Any]:
        """Return the nested settings that hold at a point."""
        if self.key is not None:
            return at_path(self.key, label)
        assert isinstance(self.values, dict)
        return self.values[str(label)]

    def matters(self, indifferent: Sequence[str]) -> bool:
        """Whether any setting that varies lies outside the `indifferent` parts of a study ("objectives.lejepa")."""
        paths = {path for label in self.labels for path in paths_of(self.changes(label))}
        return not all(any(f"{path}.".startswith(f"{part}.") for part in indifferent) for path in paths)


def _number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


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
    settings = study.model_dump(mode="json", exclude={"axes"})
    for name, label in point.items():
        merge(settings, study.axes[name].changes(label))
    where = f"{study.name} at {', '.join(f'{name} {label}' for name, label in point.items())}"
    try:
        return type(study).model_validate(settings)
    except ValidationError as error:
        raise InvalidStudy(where, explain(error, type(study))) from None
    except InvalidStudy as error:
        raise InvalidStudy(where, error.problems) from None
