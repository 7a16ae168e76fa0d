"""Predictions over several actions in a row against the states that come about, with floors and the oracle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float64

from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.measures.probes import LinearProbe, fit_probe
from worldprobe.results.learned_transition import RolloutErrors

HORIZONS = (1, 2, 4, 8, 16)
STARTS = 2000
"""States, at most, from which rollouts start."""
FARTHEST = 1e6
"""Controls beyond this, and those that are no number, count as this far off."""


def rollout_errors(
    h: Float[np.ndarray, "N d"],
    z: Float[np.ndarray, "N n"],
    choose: Callable[[Float64[np.ndarray, "N n"]], Float64[np.ndarray, "N a"]],
    predictor: Callable[[np.ndarray, np.ndarray], np.ndarray],
    probe: LinearProbe,
    loop: ClosedLoop,
    rng: np.random.Generator,
    horizons: tuple[int, ...] = HORIZONS,
) -> RolloutErrors:
    """Return errors by horizon, from the embeddings h of the states z onward.

    The true world moves by the actions that `choose` takes in its states, with its noise. A predictor is given the
    first embedding and the actions, and goes on from its own predictions. Errors are mean squared, over the variance of
    the policy's states, mean over controls.
    """
    start, embedding = z[:STARTS].astype(np.float64), h[:STARTS]
    state, expected, variance = start, start, np.diag(loop.covariance)
    errors: dict[str, list[float]] = {"learned": [], "no_effect": [], "mean_effect": [], "oracle": []}
    for step in range(1, max(horizons) + 1):
        actions = choose(state)
        expected, state = loop.expected(expected, actions), loop.moved(state, actions, rng)
        with np.errstate(over="ignore", invalid="ignore"):  # a predictor that diverges is scored as such
            embedding = predictor(embedding, actions)
        if step in horizons:
            read = bounded(embedding, probe)
            predicted = (read, start, fit_probe(start, state)(start), expected)
            for name, own in zip(errors, predicted, strict=True):
                errors[name].append(float(((own - state) ** 2 / variance).mean()))
    return RolloutErrors(horizons=sorted(horizons), **errors)


def bounded(h: Float[np.ndarray, "N d"], probe: LinearProbe) -> Float64[np.ndarray, "N n"]:
    """Return the controls that a probe reads within bounds: what a predictor that diverges says is a million off."""
    with np.errstate(over="ignore", invalid="ignore"):
        read = probe(h.astype(np.float64))
    return np.nan_to_num(read, nan=FARTHEST, posinf=FARTHEST, neginf=-FARTHEST).clip(-FARTHEST, FARTHEST)
