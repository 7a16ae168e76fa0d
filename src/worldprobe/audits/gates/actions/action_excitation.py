"""Excitation: how much every direction of the actions varies in a given state."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Float64
from sklearn.ensemble import HistGradientBoostingRegressor

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.actions.action_steps import ActionSteps, residual, with_squares

EXCITATION = check(
    "action-excitation",
    "Given the state, does every direction of the actions vary?",
    because="arXiv 2607.22430: the transition is identified where lambda_min(E_s Cov(a | s)) > 0. The error of "
    "predictions for actions that the policy did not choose is up to its inverse times the error on its own.",
    past="below",
    warn=0.1,
    fail=0.01,
    calibration="lambda_min of E_s Cov(a | s), every action in units of its standard deviation over the whole log: 1 "
    "for independent actions that do not depend on the state. At .1 counterfactual errors are up to 10 times those on "
    "the policy's actions, at .01 100 times. A regression's own error on deterministic policies reaches .003.",
)

FITTED = 20_000
PARTS = 2
MOST_BOOSTED = 16
"""States and actions up to which a boosted regression follows the polynomial one."""
NAMED = 0.25
"""Parts of a unit direction below this are left out of its name."""
APART, NEVER = 0.5, 0.05
"""Standard deviations from the mean at which an action counts as high or low; share of its usual frequency below which
a combination counts as never seen."""


def excitation(steps: ActionSteps) -> Gate:
    """Return the gate; the least varied direction is named, with combinations of actions that never occur."""
    if steps.still_actions:
        one = len(steps.still_actions) == 1
        advice = (
            f"{', '.join(steps.still_actions)} never var{'ies' if one else 'y'}: what {'it does' if one else 'they do'}"
            " cannot be learned. Vary or drop the column."
        )
        return EXCITATION.judge("actions", 0.0, advice, evidence={"constant": list(steps.still_actions)})
    rows = steps.rows(lag=0, at_most=FITTED)
    left = _given_state(steps.x[rows], steps.u[rows])
    covariance = left.T @ left / len(left)
    values, directions = np.linalg.eigh(covariance)
    weak = max(float(values[0]), 0.0)
    marginal = np.linalg.eigvalsh(np.corrcoef(steps.u[rows].T).reshape(len(values), -1))[0]
    advice = " ".join(
        part
        for part in (
            f"In a given state {_direction(directions[:, 0], steps)} hardly varies ({weak:.2g} of an action's variance "
            "over the log).",
            _reason(directions[:, 0], steps, weak, float(marginal)),
            _never(steps, rows),
            "A predictor cannot tell what it does: add noise to it while recording.",
        )
        if part
    )
    evidence = {
        "eigenvalues": values,
        "weakest direction": dict(zip(steps.action_names, directions[:, 0].tolist(), strict=True)),
        "least variance without regard to the state": float(marginal),
    }
    return EXCITATION.judge("actions", weak, advice, evidence=evidence)


def _given_state(x: Float64[np.ndarray, "N n"], u: Float64[np.ndarray, "N a"]) -> Float64[np.ndarray, "N a"]:
    """Return what the state leaves of every action: polynomials first, then boosted trees where they help.

    Trees are fitted to one half and applied to the other.
    """
    left = residual(u, with_squares(x))
    if x.shape[1] > MOST_BOOSTED or u.shape[1] > MOST_BOOSTED:
        return left
    half = len(x) // PARTS
    for column in range(u.shape[1]):
        guess = np.empty(len(x))
        for mine, other in ((slice(None, half), slice(half, None)), (slice(half, None), slice(None, half))):
            model = HistGradientBoostingRegressor(max_iter=60, min_samples_leaf=40, random_state=0)
            guess[mine] = model.fit(x[other], left[other, column]).predict(x[mine])
        better = left[:, column] - guess
        if (better**2).mean() < 0.95 * (left[:, column] ** 2).mean():
            left[:, column] = better
    return left


def _direction(direction: Float64[np.ndarray, " a"], steps: ActionSteps) -> str:
    """Return a direction as a combination of actions in their own units, the largest part first."""
    named = [(part, name) for part, name in zip(direction, steps.action_names, strict=True) if abs(part) >= NAMED]
    if len(named) == 1:
        return named[0][1]
    sd = {name: float(np.nanstd(column)) for name, column in zip(steps.action_names, steps.raw_actions.T, strict=True)}
    lead = max(named, key=lambda each: abs(each[0]))
    scale = lead[0] / sd[lead[1]]
    text = lead[1]
    for part, name in named:
        if name != lead[1]:
            weight = part / sd[name] / scale
            text += f" {'+' if weight > 0 else '-'} {abs(weight):.2g} {name}"
    return text


def _reason(direction: Float64[np.ndarray, " a"], steps: ActionSteps, weak: float, marginal: float) -> str:
    if marginal < max(2.0 * weak, 0.02):
        return "These actions depend on one another whatever the state."
    return "It follows from the state: the policy adds no noise of its own there."


def _never(steps: ActionSteps, rows: np.ndarray) -> str:
    """Return combinations of high and low actions that never occur, though each of the two is common."""
    u, found = steps.u[rows], []
    sides = {"high": u > APART, "low": u < -APART}
    for i, j in combinations(range(u.shape[1]), 2):
        for one, other in (("high", "high"), ("high", "low"), ("low", "high"), ("low", "low")):
            first, second = sides[one][:, i], sides[other][:, j]
            usual = float(first.mean() * second.mean())
            if usual > 0.02 and float((first & second).mean()) < NEVER * usual:
                found.append(f"while {steps.action_names[i]} is {one}, {steps.action_names[j]} is never {other}")
    if not found:
        return ""
    more = f", and {len(found) - 2} more" if len(found) > 2 else ""
    return f"{'; '.join(found[:2])}{more}.".replace("while", "While", 1)
