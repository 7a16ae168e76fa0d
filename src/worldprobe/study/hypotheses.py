"""What a study expects, as claims that its results can contradict: a measure, a comparison, a threshold."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from worldprobe._util.registry import Component
from worldprobe.errors import UnknownName
from worldprobe.study.axes import Axis, Label

Metric = Literal["r2", "worst r2", "pictures reached", "cost of lines"]
METRICS: dict[str, str] = {
    "r2": "R² of a linear probe h → z on the canonical test set, the mean over controls, or one control's",
    "worst r2": "the same of the control that is read worst",
    "pictures reached": "share of goals, given as pictures, that are reached by planning in the embedding",
    "cost of lines": "length of straight lines in the embedding, in true controls, over that of the true line",
}
"""What each metric is."""
PLANNED: tuple[Metric, ...] = ("pictures reached", "cost of lines")
"""Metrics of a study that plans."""

GRAMMAR = (
    "REGIME[, OBJECTIVE][, AXIS VALUE ...] [minus REGIME ...]: METRIC >= (or <=) NUMBER, where METRIC is "
    "r2, r2 of CONTROL, " + ", ".join(name for name in METRICS if name != "r2")
)
_CLAIM = re.compile(
    r"(?P<of>.+?)(?:\s+minus\s+(?P<minus>.+))?\s*:\s*(?P<metric>"
    + "|".join(METRICS)
    + r")(?:\s+of\s+(?P<control>\S+))?"
    r"\s*(?P<comparison>>=|<=)\s*(?P<threshold>[-+.\deE]+)\s*"
)


class Side(Component):
    """The runs that a claim is about: a regime under an objective, at a point of the axes, over all seeds."""

    regime: str
    objective: str | None = Field(None, description="not needed where the study has one")
    axes: dict[str, Label] = Field({})

    def __str__(self) -> str:
        point = [f"{name} {label}" for name, label in self.axes.items()]
        return ", ".join([self.regime, *([self.objective] if self.objective else []), *point])


class Hypothesis(Component):
    """One claim: `metric` of a side, or of its difference to another, compared with a threshold.

    In a study file it is a line: "gaussian, lejepa: r2 >= 0.93", "gaussian minus cinematic: r2 >= 0.30",
    "gaussian: worst r2 >= 0.85", "gaussian: r2 of yaw <= 0.5".
    """

    of: Side
    minus: Side | None = None
    metric: Metric = "r2"
    control: str | None = None
    comparison: Literal[">=", "<="]
    threshold: float

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        return _parsed(given) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_control(self) -> Hypothesis:
        if self.control is not None and self.metric != "r2":
            raise ValueError(f"{self.metric!r} is over all controls: write 'r2 of CONTROL' for one")
        return self

    def __str__(self) -> str:
        sides = str(self.of) if self.minus is None else f"{self.of} minus {self.minus}"
        of = f" of {self.control}" if self.control else ""
        return f"{sides}: {self.metric}{of} {self.comparison} {self.threshold:g}"

    @property
    def sides(self) -> list[Side]:
        """The one or two sides."""
        return [self.of] if self.minus is None else [self.of, self.minus]


def check_side(
    side: Side,
    conditions: Collection[tuple[str, str]],
    axes: Mapping[str, Axis],
) -> None:
    """Raise UnknownName or ValueError where a study with these (regime, objective) pairs has no such runs."""
    regimes = list(dict.fromkeys(regime for regime, _ in conditions))
    if side.regime not in regimes:
        raise UnknownName("regime of a hypothesis:", side.regime, regimes)
    objectives = [objective for regime, objective in conditions if regime == side.regime]
    if side.objective is not None and side.objective not in objectives:
        raise UnknownName(f"objective of a hypothesis on {side.regime}:", side.objective, objectives)
    for name, label in side.axes.items():
        if name not in axes:
            raise UnknownName("axis of a hypothesis:", name, axes)
        if not any(same_label(label, there) for there in axes[name].labels):
            raise ValueError(f"{label!r} is not a point of the axis {name}: it has {axes[name].labels}")


def same_label(a: Label, b: Label) -> bool:
    """Whether two labels of an axis are one point: equal numbers, also where one is in quotes, or equal words."""
    try:
        return float(a) == float(b)
    except ValueError:
        return str(a) == str(b)


def _parsed(line: str) -> dict[str, Any]:
    found = _CLAIM.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"a hypothesis reads: {GRAMMAR}")
    parts = found.groupdict()
    return {
        "of": _side(parts["of"]),
        "minus": _side(parts["minus"]) if parts["minus"] else None,
        **{key: parts[key] for key in ("metric", "control", "comparison", "threshold")},
    }


def _side(text: str) -> dict[str, Any]:
    regime, *rest = (part.strip() for part in text.split(","))
    side: dict[str, Any] = {"regime": regime, "axes": {}}
    for part in rest:
        name, space, label = part.rpartition(" ")
        if space:
            side["axes"][name] = _label(label)
        elif "objective" in side:
            raise ValueError(f"{text!r} names two objectives; an axis reads 'rho 0.9'. A hypothesis reads: {GRAMMAR}")
        else:
            side["objective"] = part
    return side


def _label(text: str) -> Label:
    try:
        return float(text)
    except ValueError:
        return text
