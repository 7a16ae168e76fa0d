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
    return [in_step, excitation(steps), *effects(steps)]
