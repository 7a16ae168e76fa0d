"""From runs to a summary over seeds, and from numbers to one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import stdtrit

from worldprobe.results.explored import STILL, Exploration
from worldprobe.results.interval import Interval
from worldprobe.results.record import Label, Record
from worldprobe.results.recovered import PARTLY, RECOVERED
from worldprobe.results.runs import Run


class Summary(Record):
    """The runs of one (regime, objective, role, axes) over seeds, and one plain sentence on them."""

    world: str
    regime: str
    objective: str
    role: str
    axes: dict[str, Label]
    seeds: int
    interval: str
    """What the intervals are over: "seeds" (Student t) or "test points" (bootstrap, one seed)."""
    r2: Interval
    r2_per_control: dict[str, Interval]
    verdict: str


def summarise(runs: Sequence[Run], explorations: Sequence[Exploration]) -> list[Summary]:
    """Return one summary for each (regime, objective, role, axes), in the runs' order."""
    cells: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        cells.setdefault((run.regime, run.objective, run.role, *sorted(run.axes.items())), []).append(run)
    return [_summary(cell, exploration_of(cell[0], explorations)) for cell in cells.values()]


def exploration_of(part: Run | Summary, explorations: Sequence[Exploration]) -> Exploration | None:
    """Return the exploration that a run learned from; None for references that no exploration takes part in."""
    mine = (e for e in explorations if e.label == part.regime and e.axes.items() <= part.axes.items())
    return next(mine, None)


def _summary(runs: list[Run], exploration: Exploration | None) -> Summary:
    first = runs[0]
    names = list(first.recovery.r2_per_control)
    per_control = {name: _interval(runs, name) for name in names}
    mean = _interval(runs, None)
    return Summary(
        world=first.world,
        regime=first.regime,
        objective=first.objective,
        role=first.role,
        axes=first.axes,
        seeds=len(runs),
        interval="seeds" if len(runs) > 1 else "test points",
        r2=mean,
        r2_per_control=per_control,
        verdict=verdict(first.role, mean.mean, {name: i.mean for name, i in per_control.items()}, exploration),
    )


def _interval(runs: list[Run], control: str | None) -> Interval:
    values = [run.recovery.r2 if control is None else run.recovery.r2_per_control[control] for run in runs]
    if len(runs) == 1:
        recovery = runs[0].recovery
        return Interval(
            mean=values[0], ci95=recovery.r2_ci95 if control is None else recovery.r2_per_control_ci95[control]
        )
    return student(values)


def student(values: Sequence[float]) -> Interval:
    """Return the mean of two or more values with Student's t interval."""
    mean = float(np.mean(values))
    half = float(stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(mean=mean, ci95=(mean - half, mean + half))


def verdict(role: str, r2: float, per_control: Mapping[str, float], exploration: Exploration | None) -> str:
    """Return what the numbers say, in one sentence that needs no table."""
    if role == "ceiling":
        return (
            f"Told the controls, the same encoder reads {r2:.0%} of them: no objective should be expected to beat it."
        )
    if role == "floor":
        return f"An encoder that learned nothing already gives {r2:.0%}."
    if role == "pixels":
        return f"Linear regression on raw pixels gives {r2:.0%}: what is linear in the image needs no learning."
    lost = [name for name, value in per_control.items() if value < RECOVERED]
    still = [name for name in lost if exploration is not None and exploration.sd[name] < STILL]
    moving = [name for name in lost if name not in still]
    if not lost:
        worst = min(per_control, key=lambda name: per_control[name])
        return f"Recovered: every control can be read linearly, the worst ({worst}) at R² {per_control[worst]:.2f}."
    parts = []
    if still:
        parts.append(
            f"{_list(still)} never moved, so nothing could be learned of {'it' if len(still) == 1 else 'them'}"
        )
    poorly = [name for name in moving if per_control[name] < PARTLY]
    partly = [name for name in moving if per_control[name] >= PARTLY]
    if poorly:
        parts.append(f"{_list(poorly)} moved but can hardly be read")
    if partly:
        parts.append(f"{_list(partly)} can be read only in part")
    opening = "Partly recovered" if r2 >= PARTLY else "Not recovered"
    return f"{opening}: {'; '.join(parts)}."


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
