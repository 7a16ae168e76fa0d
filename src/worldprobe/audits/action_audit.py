"""The audit of a log's actions: their timing, excitation and effects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from worldprobe.audits.gate import Gate
from worldprobe.audits.gates.actions.action_effects import effects
from worldprobe.audits.gates.actions.action_excitation import excitation
from worldprobe.audits.gates.actions.action_steps import ActionSteps
from worldprobe.audits.gates.actions.action_timing import timing
from worldprobe.explore import Pairs


def audit_actions(
    states: Float[np.ndarray, "rows n"],
    actions: Float[np.ndarray, "rows a"],
    episodes: Int[np.ndarray, " episodes"],
    names: Sequence[str],
    action_names: Sequence[str],
) -> list[Gate]:
    """Return the gates on actions, in recorded units; a row without an action has NaN.

    The action of row t leads to row t + 1. Where another lag explains the steps, the gates after the first are judged
    with that lag. `episodes` has the first row of each episode. No gate is returned for fewer than 200 steps with
    an action, or where no state or no action moves, but that on actions that never vary. Raises InvalidValue for rows
    that differ.
    """
    steps = ActionSteps.of(states, actions, episodes, names, action_names)
    if not steps.enough:
        return [excitation(steps)] if steps.still_actions else []
    in_step, steps = timing(steps)
    return [*([in_step] if in_step is not None else []), excitation(steps), *effects(steps)]


def audit_pair_actions(pairs: Pairs, names: Sequence[str]) -> list[Gate]:
    """Return the gates on the actions of an exploration's pairs, a1, a2 ...; none where they carry no actions.

    Pairs that share no frame are episodes of their own: without a row before or after, timing and the Markov property
    are not judged.
    """
    if pairs.actions is None:
        return []
    actions = np.full((len(pairs.controls), pairs.actions.shape[1]), np.nan)
    actions[pairs.index[:, 0]] = pairs.actions
    follows = np.zeros(len(pairs.controls), dtype=bool)
    follows[pairs.index[pairs.index[:, 1] == pairs.index[:, 0] + 1, 1]] = True
    action_names = [f"a{i + 1}" for i in range(actions.shape[1])]
    return audit_actions(pairs.controls, actions, np.flatnonzero(~follows), names, action_names)
