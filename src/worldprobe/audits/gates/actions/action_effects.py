"""Effects of actions: what of a step they explain, whether they are states, and whether the state is all there is."""

from __future__ import annotations

import numpy as np

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.actions.action_steps import (
    EXACT,
    FEWEST_STEPS,
    ActionSteps,
    explained,
    residual,
    with_products,
    with_squares,
)

EXPLAINS = check(
    "action-explains",
    "Do the actions explain how the states change?",
    because="The predictable signal of arXiv 2607.22430 is E[z' | z, a]: where actions explain nothing, a predictor "
    "has no use for them.",
    past="below",
    warn=0.02,
    fail=0.005,
    calibration="Share of what the state leaves of the next state that the action explains (degree 2 in the state, "
    "products of state and action), mean over states. .56 in the controlled world's default; actions that are shuffled "
    "between rows explain less than .001 of 4,000 steps.",
)

IS_STATE = check(
    "action-is-state",
    "Is an action more than the next state's value?",
    because="z' = f(z, a): an action that is the next state's set-point gives the answer away, and the state is not "
    "needed to predict.",
    past="above",
    warn=0.9,
    fail=None,
    calibration="Share of an action's variance within a constant of one state's next value, in the recorded units. "
    "Targets that a controller follows have .95 and more; forces, velocities and differences of poses 0 to .6.",
)

MARKOV = check(
    "markov",
    "Is the state all that the next state depends on?",
    because="z' = f(z, a) + noise: where the row before adds to it, the state lacks something, such as velocities.",
    past="above",
    warn=0.05,
    fail=0.3,
    calibration="Share of what state and action leave of the next state that the row before explains (its state and "
    "action), mean over states. 0 for Markov states; positions of a body with momentum .3 to 1; states measured with "
    "noise as large as a step .2.",
)


def effects(steps: ActionSteps) -> list[Gate]:
    """Return the gates on what actions do, with the lag that the steps name.

    `markov` is left out where episodes are too short for a row before.
    """
    markov = [_markov(steps)] if len(steps.rows(before=1)) >= FEWEST_STEPS else []
    return [_explains(steps), *_is_state(steps), *markov]


def _explains(steps: ActionSteps) -> Gate:
    rows = steps.rows()
    start, end, u = steps.x[rows], steps.x[rows + 1], steps.u[rows + steps.lag]
    change = end - start
    each = explained(change, with_squares(start), with_products(u, start))
    whole = change.var(axis=0).clip(1e-300)
    by_state = 1.0 - residual(change, with_squares(start)).var(axis=0) / whole
    share = float(each.mean())
    rest = float(((1.0 - by_state) * (1.0 - each)).mean())
    advice = (
        f"The actions explain {share:.1%} of what the state leaves of its change; {rest:.0%} of the change is noise or "
        "something that the state does not hold. Check that these are the actions that were carried out, that they "
        "belong to these states, and that rows are not too near for an effect."
    )
    evidence = {
        "share by state": dict(zip(steps.names, each.tolist(), strict=True)),
        "share of the change that the state explains": float(by_state.mean()),
        "share of the change that neither explains": rest,
    }
    return EXPLAINS.judge("actions", share, advice, evidence=evidence)


def set_points(steps: ActionSteps) -> list[tuple[float, str]]:
    """Return, for every action, the share of it that is one state's next value plus a constant, and that state."""
    rows = steps.rows()
    after, actions = steps.raw_states[rows + 1], steps.raw_actions[rows + steps.lag]
    found = []
    for action in actions.T:
        apart = (after - action[:, None]).var(axis=0) / max(float(action.var()), 1e-300)
        nearest = int(apart.argmin())
        found.append((float(max(1.0 - apart[nearest], 0.0)), steps.names[nearest]))
    return found


def _is_state(steps: ActionSteps) -> list[Gate]:
    gates = []
    for name, (share, state) in zip(steps.action_names, set_points(steps), strict=True):
        if steps.one_hot:
            continue
        advice = (
            f"{name} is the next value of {state} ({share:.1%} of its variance): an absolute target, "
            "not a change. A predictor can copy it and needs no state. Train on its difference to the present state, "
            "or read results as those of a tracking controller."
        )
        gates.append(IS_STATE.judge(name, share, advice, evidence={"state": state}))
    return gates


def _markov(steps: ActionSteps) -> Gate:
    rows = steps.rows(before=1)
    start, end, u = steps.x[rows], steps.x[rows + 1], steps.u[rows + steps.lag]
    known = np.concatenate([with_squares(start), with_products(u, start)], axis=1)
    before = np.concatenate([steps.x[rows - 1], steps.u[rows - 1 + steps.lag]], axis=1)
    left = residual(end, known).var(axis=0)
    each = np.where(left > EXACT * end.var(axis=0), explained(end, known, before), 0.0)
    share = float(each.mean())
    worst = [steps.names[i] for i in np.argsort(-each)[:3] if each[i] > MARKOV.limit.warn]
    advice = (
        f"The row before explains {share:.0%} of what state and action leave of the next state, most for "
        f"{', '.join(worst) or steps.names[int(each.argmax())]}. The state lacks something: add velocities (or the "
        "last frame) to it, or check whether it is measured with noise."
    )
    noise = 5.0 * np.sqrt(2.0 * before.shape[1]) / len(rows)
    evidence = {"share by state": dict(zip(steps.names, each.tolist(), strict=True))}
    return MARKOV.judge("states", share, advice, noise=float(noise), evidence=evidence)
