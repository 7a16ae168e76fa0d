"""Hypotheses: claims that results can contradict, their text form, and what became of them."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from worldprobe.results.interval import Interval
from worldprobe.results.record import Label, Record

Metric = Literal["r2", "worst r2", "pictures reached", "cost of lines", "on-policy error", "counterfactual error"]
METRICS: dict[str, str] = {
    "r2": "R² of a linear probe h → z on the canonical test set, the mean over controls, or one control's",
    "worst r2": "the lowest R² of any control",
    "pictures reached": "share of goals, given as pictures, that are reached by planning in the embedding",
    "cost of lines": "length of straight lines in the embedding, in true controls, over that of the true line",
    "on-policy error": "mean squared error of the learned transition for the policy's actions, in true controls, over "
    "the variance of the states",
    "counterfactual error": "the same for actions that do not depend on the state",
}
"""What each metric is."""

DECISION = (
    "Confirmed where the whole 95 % interval lies beyond the threshold on the side claimed, refuted where it lies on "
    "the other side, inconclusive where it holds the threshold or a run is missing. Intervals: Student's t over seeds; "
    "with one seed, a bootstrap over test points; of one seed's planning, Wilson's of a share and Student's t of a "
    "cost, over tasks; of one seed's transition, the normal interval over states. A difference of runs that share "
    "their seeds: Student's t over the differences; else the two intervals combined as of independent estimates (Zou "
    "and Donner 2008)."
)
"""How outcomes are decided; part of every protocol."""

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


class Side(Record):
    """The runs that a claim is about: a regime under an objective, at a point of the axes, over all seeds."""

    model_config = ConfigDict(frozen=True)

    regime: str
    objective: str | None = Field(None, description="not needed where the study has one")
    axes: dict[str, Label] = Field({})

    def __str__(self) -> str:
        point = [f"{name} {label}" for name, label in self.axes.items()]
        return ", ".join([self.regime, *([self.objective] if self.objective else []), *point])


class Hypothesis(Record):
    """One claim: `metric` of a side, or of its difference to another, compared with a threshold.

    In a study file it is a line: "gaussian, lejepa: r2 >= 0.93", "gaussian minus cinematic: r2 >= 0.30",
    "gaussian: worst r2 >= 0.85", "gaussian: r2 of yaw <= 0.5".
    """

    model_config = ConfigDict(frozen=True)

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


class HypothesisOutcome(Record):
    """What became of a hypothesis: its estimate, compared with a threshold that was fixed before."""

    hypothesis: str
    verdict: Literal["confirmed", "refuted", "inconclusive"]
    estimate: Interval | None
    threshold: float
    reason: str


def _parsed(text: str) -> dict[str, Any]:
    found = _CLAIM.fullmatch(text.strip())
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
