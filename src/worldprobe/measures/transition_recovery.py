"""What a learned transition says in true controls: on the policy's actions, on others, and of the actions' effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import subspace_angles

Predictor = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From embeddings (N, d) and actions (N, a) to the next embeddings (N, d)."""
Expectation = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From controls (N, n) and actions (N, a) to E[z' | z, a] (N, n)."""


@dataclass(frozen=True)
class TransitionRecovery:
    """Errors are mean squared errors of E[z' | z, a] over the variance of the next state, mean over controls."""

    on_policy: float
    counterfactual: float
    """Of actions that do not depend on the state, as large in every direction as the policy's largest."""
    ratio: float
    """Counterfactual over on-policy error: large where some actions are hardly ever varied (arXiv 2607.22430)."""
    effects_error: float
    """|B' - B| / |B|, Frobenius, of the recovered mean effects B' of actions on controls."""
    effects_condition: float
    """Condition number of B'."""
    effect_angles: tuple[float, ...]
    """Degrees between each action's recovered and true effect."""
    subspace_angle: float
    """Degrees between what actions can do and what they are recovered to do: the largest principal angle."""


def recover_transition(
    h: Float[np.ndarray, "N d"],
    z: Float[np.ndarray, "N n"],
    actions: Float[np.ndarray, "N a"],
    predictor: Predictor,
    expectation: Expectation,
    variance: Float[np.ndarray, " n"],
    rng: np.random.Generator,
) -> TransitionRecovery:
    """Compare a predictor's outcomes with the true ones, both in controls.

    Embeddings are read by the affine map that reads h best, fitted here to the same states. `variance` is that of the
    next state. Counterfactual actions are drawn with the largest standard deviation that an action has.
    """
    design = np.column_stack([h, np.ones(len(h))])
    decode = np.linalg.lstsq(design, z, rcond=None)[0]

    def outcome(taken: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, "N n"]:
        return np.column_stack([predictor(h, taken), np.ones(len(h))]) @ decode

    other = rng.standard_normal(actions.shape) * actions.std(axis=0).max() + actions.mean(axis=0)
    errors = []
    for taken in (actions, other):
        errors.append(float((((outcome(taken) - expectation(z, taken)) ** 2).mean(axis=0) / variance).mean()))
    found = _effects(outcome, other)
    true = _effects(lambda taken: expectation(z, taken), other)
    apart: np.ndarray = subspace_angles(found, true)
    lengths = np.linalg.norm(found, axis=0) * np.linalg.norm(true, axis=0)
    cosines = (found * true).sum(axis=0) / np.maximum(lengths, 1e-300)
    return TransitionRecovery(
        on_policy=errors[0],
        counterfactual=errors[1],
        ratio=errors[1] / max(errors[0], 1e-300),
        effects_error=float(np.linalg.norm(found - true)) / max(float(np.linalg.norm(true)), 1e-300),
        effects_condition=float(np.linalg.cond(found)),
        effect_angles=tuple(np.degrees(np.arccos(cosines.clip(-1.0, 1.0))).tolist()),
        subspace_angle=float(np.degrees(apart).max()),
    )


def _effects(of: Callable[[np.ndarray], np.ndarray], actions: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, "n a"]:
    """Return the mean effect of every action on every control, by central differences of its usual size."""
    size = float(actions.std(axis=0).max())
    columns = []
    for place in range(actions.shape[1]):
        step = np.zeros_like(actions)
        step[:, place] = size
        columns.append((of(actions + step) - of(actions - step)).mean(axis=0) / (2.0 * size))
    return np.stack(columns, axis=1)
