"""Timing of actions: the row whose action explains a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.actions.action_effects import IS_STATE, set_points
from worldprobe.audits.gates.actions.action_steps import (
    FEWEST_STEPS,
    ActionSteps,
    explained,
    with_products,
    with_squares,
)

TIMING = check(
    "action-in-step",
    "Is every action in the row of the state that it was taken in?",
    because="z' = f(z, a): an action one row off belongs to another step, and a predictor learns what the policy does "
    "instead of what actions do (arXiv 2607.22430).",
    past="above",
    warn=0.0,
    fail=0.0,
    calibration="Rows by which the actions have to be shifted until they explain the steps best: 0, unless another lag "
    "explains more by a hundredth of what the state leaves, and by 5 standard errors. An action that caused a step "
    "says something of its end, given its start, and of its start, given its end; the score is their geometric mean, "
    "so that a policy's answer to the next state, which knows nothing of its start, does not count.",
)

LAGS = (-3, -2, -1, 0, 1, 2, 3)
LEAST_GAIN = 0.01
STEPS = 20_000


def lag_scores(steps: ActionSteps) -> dict[int, float]:
    """Return, for every lag, the share of the steps that the actions of row t + lag explain."""
    found = {}
    for lag in LAGS:
        rows = steps.rows(lag=lag, around=1, at_most=STEPS)
        if len(rows) >= FEWEST_STEPS:
            start, end, u = steps.x[rows], steps.x[rows + 1], steps.u[rows + lag]
            # The state before stands in for velocities that the states may lack.
            onward = explained(end, np.hstack([with_squares(start), steps.x[rows - 1]]), with_products(u, start))
            back = explained(start, with_squares(end), with_products(u, end))
            found[lag] = float(np.sqrt(onward.mean() * back.mean()))
    return found


def timing(steps: ActionSteps) -> tuple[Gate | None, ActionSteps]:
    """Return the gate, and the steps with the lag that explains them best; None where episodes are too short for lags.

    Actions that are the next state's set-point say nothing more of a step once its end is known; they do not take part.
    """
    moving = [i for i, (share, _) in enumerate(set_points(steps)) if share <= IS_STATE.limit.warn]
    scores = lag_scores(replace(steps, u=steps.u[:, moving])) if moving else {0: 0.0}
    if not scores:
        return None, steps
    here, best = scores.get(0, 0.0), max(scores, key=lambda lag: (scores[lag], -abs(lag)), default=0)
    count = min(len(steps.rows(at_most=STEPS)), STEPS)
    features = steps.u.shape[1] * (1 + steps.x.shape[1])
    error = 5.0 * np.sqrt(2.0 * features) / max(count, 1)
    if scores.get(best, 0.0) - here <= max(LEAST_GAIN, error):
        best = 0
    rows = f"{abs(best)} row{'s' if abs(best) > 1 else ''}"
    where = f"{rows} {'late' if best > 0 else 'early'}"
    step = f"the step from row t to t + 1 is explained by the action of row t {'+' if best > 0 else '-'} {abs(best)}"
    advice = (
        f"The actions are recorded {where}: {step} ({scores.get(best, 0.0):.0%} of it, against {here:.0%} by that of "
        f"row t). Shift the actions {rows} {'up' if best > 0 else 'down'} within every episode before training."
    )
    evidence = {"share explained by lag": {str(lag): score for lag, score in scores.items()}, "lag": best}
    gate = TIMING.judge("actions", float(abs(best)), advice, evidence=evidence)
    return gate, replace(steps, lag=best)
