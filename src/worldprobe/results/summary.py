"""From runs to a summary over seeds, with one plain sentence on each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.special import stdtrit

from worldprobe.results.explored import Exploration
from worldprobe.results.interval import Interval
from worldprobe.results.missing_r2 import Decomposition, MissingParts
from worldprobe.results.record import Label, Record
from worldprobe.results.runs import Run
from worldprobe.results.verdicts import SeriesFindings, meaningless, verdict, verdict_of_reference


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


def summarise(
    runs: Sequence[Run],
    explorations: Sequence[Exploration],
    decompositions: Sequence[Decomposition] = (),
    *,
    smoke: bool = False,
) -> list[Summary]:
    """Return one summary for each (regime, objective, role, axes), in the runs' order.

    Where runs were decomposed the sentences say whether data, scene or training is the cause. In a smoke test no
    number means anything, and the sentences say that instead.
    """
    cells: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        cells.setdefault((run.regime, run.objective, run.role, *sorted(run.axes.items())), []).append(run)
    known = {decomposition.run: decomposition for decomposition in decompositions}
    return [_summary(cell, runs, exploration_of(cell[0], explorations), known, smoke) for cell in cells.values()]


def exploration_of(part: Run | Summary, explorations: Iterable[Exploration]) -> Exploration | None:
    """Return the exploration that a run learned from; None for references that no exploration takes part in."""
    mine = (e for e in explorations if e.label == part.regime and e.axes.items() <= part.axes.items())
    return next(mine, None)


def shown_by_frames(run: Run, runs: Iterable[Run]) -> dict[str, float] | None:
    """Return by control the best R^2 of any reference at a run's point: supervised encoder, or raw pixels.

    What a reference reads is in the frames, so that the scene is not the cause where an encoder lacks it. None where
    the study has no supervised encoder: raw pixels alone say too little of what the frames show.
    """
    names = list(run.recovery.r2_per_control)
    references = [other for other in runs if other.role in ("ceiling", "pixels") and _same_point(other, run)]
    references = [other for other in references if list(other.recovery.r2_per_control) == names]
    if not any(other.role == "ceiling" for other in references):
        return None
    ceilings = sorted((o for o in references if o.role == "ceiling"), key=lambda other: other.seed != run.seed)
    best = [ceilings[0], *(other for other in references if other.role == "pixels")]
    return {name: max(other.recovery.r2_per_control[name] for other in best) for name in names}


def student(values: Sequence[float]) -> Interval:
    """Return the mean of two or more values with Student's t interval."""
    mean = float(np.mean(values))
    half = float(stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Interval(mean=mean, ci95=(mean - half, mean + half))


def _summary(
    runs: list[Run],
    every: Sequence[Run],
    exploration: Exploration | None,
    known: dict[str, Decomposition],
    smoke: bool,
) -> Summary:
    first, mean = runs[0], _interval(runs, None)
    per_control = {name: _interval(runs, name) for name in first.recovery.r2_per_control}
    if first.role != "measured":
        said = verdict_of_reference(first.role, mean.mean)
    elif smoke:
        said = meaningless(first.training.steps if first.training is not None else 0)
    else:
        means = {name: interval.mean for name, interval in per_control.items()}
        decomposed = [known[run.id] for run in runs if run.id in known]
        ideals = [list(own.ideal.values()) for own in decomposed if own.ideal]
        said = verdict(
            SeriesFindings(
                r2=mean.mean,
                per_control=means,
                exploration=exploration,
                parts={name: _mean([own.controls[name] for own in decomposed]) for name in means}
                if decomposed
                else None,
                ideal=float(np.mean(ideals)) if ideals else None,
                shown=shown_by_frames(first, every),
                memorising=any(run.training is not None and run.training.memorising for run in runs),
                steps=first.training.steps if first.training is not None else 0,
            )
        )
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
        verdict=said,
    )


def _interval(runs: list[Run], control: str | None) -> Interval:
    values = [run.recovery.r2 if control is None else run.recovery.r2_per_control[control] for run in runs]
    if len(runs) == 1:
        recovery = runs[0].recovery
        return Interval(
            mean=values[0], ci95=recovery.r2_ci95 if control is None else recovery.r2_per_control_ci95[control]
        )
    return student(values)


def _mean(parts: Sequence[MissingParts]) -> MissingParts:
    """Return the mean of every part over runs; None where it is unknown of any of them."""

    def over(name: str) -> float | None:
        values = [getattr(part, name) for part in parts]
        return None if None in values else sum(values) / len(values)

    return MissingParts.model_validate({name: over(name) for name in MissingParts.model_fields})


def _same_point(other: Run, run: Run) -> bool:
    return all(other.axes[name] == label for name, label in run.axes.items() if name in other.axes)
