"""Checking hypotheses against the study that states them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from worldprobe.errors import UnknownName
from worldprobe.results import Metric, Side, same_label
from worldprobe.study.axes import Axis

PLANNED: tuple[Metric, ...] = ("pictures reached", "cost of lines")
"""Metrics of a study that plans."""
OF_TRANSITIONS: tuple[Metric, ...] = ("on-policy error", "counterfactual error")
"""Metrics of an objective that predicts the next embedding from the action."""


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
