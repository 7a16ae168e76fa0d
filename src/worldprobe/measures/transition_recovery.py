"""What a learned transition predicts in true controls: for the policy's actions, for others, and over several steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import subspace_angles

from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.measures.probes import fit_probe
from worldprobe.measures.rollouts import bounded, rollout_errors
from worldprobe.results.learned_transition import OTHER, OWN, ActionDirection, TransitionRecovery

Predictor = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From embeddings (N, d) and actions (N, a) to the next embeddings (N, d)."""
Effect = Callable[[Float[np.ndarray, "N a"]], Float64[np.ndarray, "N n"]]
"""From an action for each of N states to the next controls."""

MORE_ROWS = 10
"""Rows beyond the number of its features that a probe is fitted to, at least."""


def recover_transition(
    h: Float[np.ndarray, "N d"],
    z: Float[np.ndarray, "N n"],
    actions: Float[np.ndarray, "N a"],
    predictor: Predictor,
    loop: ClosedLoop,
    names: Sequence[str],
    rng: np.random.Generator,
) -> TransitionRecovery:
    """Compare a predictor's outcomes with those of the true dynamics, both in controls.

    `h`, `z` and `actions` are states that the policy visited and what it did there; `names` are the actions'. The
    linear probe is fitted to the first half of them, everything else is measured on the second. Raises ValueError for
    too few states for the probe.
    """
    half, variance = len(h) // 2, np.diag(loop.covariance)
    probe = fit_probe(h[:half], z[:half])
    h, z, actions = h[half:], z[half:].astype(np.float64), actions[half:].astype(np.float64)

    def learned(taken: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, "N n"]:
        return bounded(predictor(h, taken), probe)

    def true(taken: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, "N n"]:
        return loop.expected(z, taken)

    def each(taken: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, " N"]:
        return ((learned(taken) - true(taken)) ** 2 / variance).mean(axis=1)

    sd = action_scales(actions)
    other = actions.mean(axis=0) + sd * rng.standard_normal(actions.shape)
    on_policy, counterfactual = each(actions), each(other)
    found, effects = _effects(learned, other, sd), _effects(true, other, sd)
    return TransitionRecovery(
        reading=float(((bounded(h, probe) - z) ** 2 / variance).mean()),
        on_policy=float(on_policy.mean()),
        on_policy_ci95=_interval(on_policy),
        counterfactual=float(counterfactual.mean()),
        counterfactual_ci95=_interval(counterfactual),
        ratio=float(counterfactual.mean() / max(float(on_policy.mean()), 1e-300)),
        effects_error=float(np.linalg.norm(found - effects) / max(float(np.linalg.norm(effects)), 1e-300)),
        effects_condition=_condition(found),
        effects_condition_true=_condition(effects),
        effect_angles=dict(zip(names, _angles(found, effects), strict=True)),
        subspace_angle=_between(found, effects),
        directions=_directions(z, actions, sd, each, names, rng),
        rollouts={
            kind: rollout_errors(h, z, choose, predictor, probe, loop, rng)
            for kind, choose in (
                (OWN, lambda state: loop.act(state, rng)),
                (OTHER, lambda state: actions.mean(axis=0) + sd * rng.standard_normal((len(state), len(sd)))),
            )
        },
    )


def enough_for(*features: int) -> int:
    """Return how many rows linear probes on so many features take, with some to spare."""
    return max(features) + MORE_ROWS


def action_scales(actions: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, " a"]:
    """Return the standard deviation of every action; of one that never varies, that of the one that varies most."""
    sd = actions.std(axis=0)
    largest = float(sd.max())
    return np.where(sd > 1e-9 * largest, sd, largest if largest > 0.0 else 1.0)


def _effects(
    of: Effect, actions: Float64[np.ndarray, "N a"], sd: Float64[np.ndarray, " a"]
) -> Float64[np.ndarray, "n a"]:
    """Return the mean effect of every action on every control, by central differences of its usual size."""
    columns = []
    for place, size in enumerate(sd):
        step = np.zeros_like(actions)
        step[:, place] = size
        columns.append((of(actions + step) - of(actions - step)).mean(axis=0) / (2.0 * size))
    return np.stack(columns, axis=1)


def _angles(found: Float64[np.ndarray, "n a"], true: Float64[np.ndarray, "n a"]) -> list[float]:
    """Return degrees between the columns; 90 for one that is zero."""
    lengths = np.linalg.norm(found, axis=0) * np.linalg.norm(true, axis=0)
    cosines = (found * true).sum(axis=0) / np.maximum(lengths, 1e-300)
    angles: list[float] = np.degrees(np.arccos(cosines.clip(-1.0, 1.0))).tolist()
    return angles


def _between(found: Float64[np.ndarray, "n a"], true: Float64[np.ndarray, "n a"]) -> float:
    if np.linalg.matrix_rank(found) < found.shape[1]:
        return 90.0
    return float(np.degrees(subspace_angles(found, true)).max())


def _condition(effects: Float64[np.ndarray, "n a"]) -> float | None:
    values = np.linalg.svd(effects, compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 1e-12 * values[0] else None


def _interval(errors: Float64[np.ndarray, " N"]) -> tuple[float, float]:
    """Return the mean's 95 % interval over independent states."""
    mean, half = float(errors.mean()), 1.96 * float(errors.std(ddof=1)) / float(np.sqrt(len(errors)))
    return max(mean - half, 0.0), mean + half


def _directions(
    z: Float64[np.ndarray, "N n"],
    actions: Float64[np.ndarray, "N a"],
    sd: Float64[np.ndarray, " a"],
    errors: Callable[[Float[np.ndarray, "N a"]], Float64[np.ndarray, " N"]],
    names: Sequence[str],
    rng: np.random.Generator,
) -> list[ActionDirection]:
    """Return the principal directions of what the policy adds in a given state, with the error along each."""
    expected = fit_probe(z, actions)(z)
    left = (actions - expected) / sd
    values, vectors = np.linalg.eigh(left.T @ left / max(len(left) - z.shape[1] - 1, 1))
    found = []
    for value, direction in zip(values, vectors.T, strict=True):
        taken = expected + rng.standard_normal((len(z), 1)) * direction * sd
        weights = dict(zip(names, direction.tolist(), strict=True))
        excitation, error = max(float(value), 0.0), float(errors(taken).mean())
        found.append(ActionDirection(weights=weights, excitation=excitation, error=error))
    return found
