"""A learned transition along the episodes of a log: its predictions against the states that were recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from worldprobe.measures.probes import fit_probe
from worldprobe.measures.rollouts import HORIZONS, bounded
from worldprobe.measures.transition_recovery import Predictor, enough_for
from worldprobe.results.learned_transition import RolloutErrors

FEWEST_STARTS = 50
"""Rows from which a horizon must be reached within an episode, in either half of the log."""


@dataclass(frozen=True)
class LoggedActions:
    """Rows of a log in the order of time: states, actions (NaN where none was taken), and each episode's first row."""

    z: Float[np.ndarray, "rows n"]
    actions: Float[np.ndarray, "rows a"]
    episodes: Int[np.ndarray, " episodes"]
    stride: int = 1
    """Rows from the first to the second member of a pair; the actions between them are one action, side by side."""

    def starts(self, steps: int) -> Int[np.ndarray, " starts"]:
        """Return the rows from which so many steps lie in one episode, with an action in every row."""
        count, ahead = len(self.z), steps * self.stride
        if ahead >= count:
            return np.zeros(0, dtype=np.int64)
        episode = np.searchsorted(self.episodes, np.arange(count), side="right")
        missing = np.concatenate([[0], np.cumsum(~self._taken)])
        rows = np.arange(count - ahead)
        found: np.ndarray = rows[(episode[rows] == episode[rows + ahead]) & (missing[rows] == missing[rows + ahead])]
        return found

    def at(self, rows: Int[np.ndarray, " k"]) -> Float64[np.ndarray, "k strides_a"]:
        """Return what was done from these rows on, until the next member of a pair."""
        return np.concatenate([self.actions[rows + k] for k in range(self.stride)], axis=1).astype(np.float64)

    @property
    def _taken(self) -> Bool[np.ndarray, " rows"]:
        found: np.ndarray = np.isfinite(self.actions).all(axis=1)
        return found


def log_rollouts(h: Float[np.ndarray, "rows d"], log: LoggedActions, predictor: Predictor) -> RolloutErrors | None:
    """Return errors by horizon along the second half of a log, from what is fitted to its first half.

    Errors are mean squared, over the variance of the states, mean over controls, and contain the noise of the world. In
    the place of the oracle is a linear transition that is fitted to the states themselves. None where fewer than 50
    rows of a half, or fewer than the probes need, have a step ahead of them in their episode.
    """
    half, z = len(h) // 2, log.z.astype(np.float64)
    least = max(FEWEST_STARTS, enough_for(h.shape[1], z.shape[1] + log.stride * log.actions.shape[1]))
    horizons = [k for k in HORIZONS if min(_halves(log.starts(k), half, k * log.stride)) >= least]
    if not horizons:
        return None
    fitted = log.starts(1)
    fitted = fitted[fitted + log.stride < half]
    probe = fit_probe(h[:half], z[:half])
    linear = fit_probe(np.concatenate([z[fitted], log.at(fitted)], axis=1), z[fitted + log.stride])
    rows = log.starts(horizons[-1])
    rows = rows[rows >= half]
    variance, embedding, expected = z[half:].var(axis=0).clip(1e-12), h[rows], z[rows]
    errors: dict[str, list[float]] = {"learned": [], "no_effect": [], "mean_effect": [], "oracle": []}
    for step in range(1, horizons[-1] + 1):
        actions = log.at(rows + (step - 1) * log.stride)
        expected = linear(np.concatenate([expected, actions], axis=1))
        with np.errstate(over="ignore", invalid="ignore"):  # a predictor that diverges is scored as such
            embedding = predictor(embedding, actions)
        if step in horizons:
            ahead = step * log.stride
            mean = fit_probe(z[rows], z[rows + ahead])(z[rows])  # in sample: the floor is not to be made high
            predicted = (bounded(embedding, probe), z[rows], mean, expected)
            for name, own in zip(errors, predicted, strict=True):
                errors[name].append(float(((own - z[rows + ahead]) ** 2 / variance).mean()))
    return RolloutErrors(horizons=horizons, **errors)


def _halves(starts: Int[np.ndarray, " starts"], half: int, ahead: int) -> tuple[int, int]:
    return int((starts + ahead < half).sum()), int((starts >= half).sum())
