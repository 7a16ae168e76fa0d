"""From runs to the fate of every hypothesis: confirmed, refuted or inconclusive, by thresholds fixed beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scipy import stats

from worldprobe.results import (
    Hypothesis,
    HypothesisOutcome,
    Interval,
    Metric,
    Planned,
    Run,
    Side,
    TransitionRecovery,
    same_label,
    summarise,
)
from worldprobe.results.summary import student


class _Missing(Exception):
    """There is no run that a hypothesis is about."""


def conclude(hypotheses: Sequence[Hypothesis], runs: Sequence[Run]) -> list[HypothesisOutcome]:
    """Return the outcome of every hypothesis, by the rule in `results.DECISION`."""
    return [_outcome(hypothesis, runs) for hypothesis in hypotheses]


def _outcome(hypothesis: Hypothesis, runs: Sequence[Run]) -> HypothesisOutcome:
    line = hypothesis.threshold
    try:
        estimate = _estimate(hypothesis, runs)
    except _Missing as missing:
        return HypothesisOutcome(
            hypothesis=str(hypothesis), verdict="inconclusive", estimate=None, threshold=line, reason=str(missing)
        )
    low, high = estimate.ci95
    found = f"found {estimate.mean:.3f}, 95 % interval {low:.3f} to {high:.3f}"
    if low <= line <= high:
        verdict, reason = "inconclusive", f"{found}: it holds the threshold"
    else:
        above = low > line
        verdict = "confirmed" if above == (hypothesis.comparison == ">=") else "refuted"
        reason = f"{found}: all of it {'above' if above else 'below'} the threshold"
    return HypothesisOutcome.model_validate(
        {
            "hypothesis": str(hypothesis),
            "verdict": verdict,
            "estimate": estimate,
            "threshold": line,
            "reason": reason,
        }
    )


def _estimate(hypothesis: Hypothesis, runs: Sequence[Run]) -> Interval:
    metric, control = hypothesis.metric, hypothesis.control
    sides = [_runs_of(side, control, runs) for side in hypothesis.sides]
    intervals = [METHODS[metric](mine, control) for mine in sides]
    if len(sides) == 1:
        return intervals[0]
    seeds = [{run.seed for run in mine} for mine in sides]
    if seeds[0] == seeds[1] and len(seeds[0]) > 1:
        return _paired(metric, control, *sides)
    return intervals[0].minus(intervals[1])


def _runs_of(side: Side, control: str | None, runs: Sequence[Run]) -> list[Run]:
    """Return the runs of a side, by seed; raises _Missing where there are none, or those of several points."""
    found = [run for run in runs if _is_of(side, run)]
    points = {tuple(sorted(run.axes.items())) for run in found}
    if not found:
        raise _Missing(f"there is no run of {side}")
    if len(points) > 1:
        raise _Missing(f"{side} stands for {len(points)} points of the axes: name one")
    if control is not None and control not in found[0].recovery.r2_per_control:
        raise _Missing(f"{side} has no control {control}")
    return sorted(found, key=lambda run: run.seed)


def _is_of(side: Side, run: Run) -> bool:
    objective = run.role == "measured" if side.objective is None else run.objective == side.objective
    there = all(same_label(label, run.axes[name]) for name, label in side.axes.items() if name in run.axes)
    return run.regime == side.regime and objective and there


def _mean_r2(runs: Sequence[Run], control: str | None) -> Interval:
    (summary,) = summarise(runs, [])
    return summary.r2 if control is None else summary.r2_per_control[control]


def _worst_r2(runs: Sequence[Run], control: str | None) -> Interval:
    """The lowest of every end: what all controls exceed (or one does not), whichever control is the worst."""
    (summary,) = summarise(runs, [])
    each = list(summary.r2_per_control.values())
    low, high = (min(interval.ci95[end] for interval in each) for end in (0, 1))
    return Interval(mean=min(interval.mean for interval in each), ci95=(low, high))


def _pictures_reached(runs: Sequence[Run], control: str | None) -> Interval:
    planned = [_planned(run) for run in runs]
    if len(runs) > 1:
        found = student([each.success for each in planned])
        return Interval(mean=found.mean, ci95=(max(found.ci95[0], 0.0), min(found.ci95[1], 1.0)))  # it is a share
    (only,) = planned
    found = stats.binomtest(round(only.success * only.pairs), only.pairs).proportion_ci(method="wilson")
    return Interval(mean=only.success, ci95=(float(found.low), float(found.high)))


def _cost_of_lines(runs: Sequence[Run], control: str | None) -> Interval:
    costs = [_planned(run).first_lines[1].cost for run in runs]
    return student([cost.mean for cost in costs]) if len(costs) > 1 else costs[0]


def _planned(run: Run) -> Planned:
    if run.planning is None:
        raise _Missing(f"{run.id} was not planned with")
    return run.planning


def _on_policy(runs: Sequence[Run], control: str | None) -> Interval:
    found = [_transition(run) for run in runs]
    if len(runs) > 1:
        return student([each.on_policy for each in found])
    return Interval(mean=found[0].on_policy, ci95=found[0].on_policy_ci95)


def _counterfactual(runs: Sequence[Run], control: str | None) -> Interval:
    found = [_transition(run) for run in runs]
    if len(runs) > 1:
        return student([each.counterfactual for each in found])
    return Interval(mean=found[0].counterfactual, ci95=found[0].counterfactual_ci95)


def _transition(run: Run) -> TransitionRecovery:
    if run.transition is None:
        raise _Missing(f"no transition of {run.id} was measured")
    return run.transition


METHODS: dict[Metric, Callable[[Sequence[Run], str | None], Interval]] = {
    "r2": _mean_r2,
    "worst r2": _worst_r2,
    "pictures reached": _pictures_reached,
    "cost of lines": _cost_of_lines,
    "on-policy error": _on_policy,
    "counterfactual error": _counterfactual,
}


def _paired(metric: Metric, control: str | None, first: Sequence[Run], second: Sequence[Run]) -> Interval:
    """Student's t over the differences of runs that share a seed."""
    pairs = zip(first, second, strict=True)
    estimate = METHODS[metric]
    return student([estimate([a], control).mean - estimate([b], control).mean for a, b in pairs])
