"""The steps of a log with actions: which rows follow one another, and what of a step something explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from worldprobe.errors import InvalidValue
from worldprobe.stats.standardise import mean_and_sd
from worldprobe.stats.subsample import evenly_spaced

MOST_STEPS = 60_000
"""Steps that a regression is fitted to, evenly spread over the log."""
PER_FEATURE = 50
"""Steps for each feature of a regression, at least; with fewer it is linear."""
MOST_SQUARES = 12
"""Columns up to which a regression takes squares and products too."""
FEWEST_STEPS = 200
"""Steps with an action below which no gate on actions is judged."""
EXACT = 1e-9
"""A variance below this share of the whole is rounding."""


@dataclass(frozen=True, eq=False)
class ActionSteps:
    """Standardised states and actions, row by row: those that move. An action that was not taken is NaN.

    `lag` says which action belongs to a step: that of row t + lag led from row t to row t + 1.
    """

    names: tuple[str, ...]
    action_names: tuple[str, ...]
    x: Float64[np.ndarray, "rows n"]
    u: Float64[np.ndarray, "rows a"]
    episode: Int[np.ndarray, " rows"]
    raw_states: Float[np.ndarray, "rows n"]
    raw_actions: Float[np.ndarray, "rows a"]
    still_actions: tuple[str, ...] = ()
    """Actions that never vary."""
    one_hot: bool = False
    """Whether the actions are one choice of several; the last one is left out, since it follows from the others."""
    lag: int = 0

    @staticmethod
    def of(
        states: Float[np.ndarray, "rows n"],
        actions: Float[np.ndarray, "rows a"],
        episodes: Int[np.ndarray, " episodes"],
        names: Sequence[str],
        action_names: Sequence[str],
    ) -> ActionSteps:
        """Make the steps of a log; `episodes` has the first row of each. Raises InvalidValue for rows that differ."""
        if len(actions) != len(states):
            raise InvalidValue("actions", actions.shape, f"as many rows as states, {len(states)}")
        starts = np.zeros(len(states), dtype=np.int64)
        starts[np.asarray(episodes)[np.asarray(episodes) > 0]] = 1
        taken = np.isfinite(actions).all(axis=1)
        one_hot = _one_hot(actions[taken])
        moves_x = np.ptp(states, axis=0) > 0.0
        moves_u = np.ptp(actions[taken], axis=0) > 0.0 if taken.any() else np.zeros(actions.shape[1], dtype=bool)
        still = () if one_hot else tuple(n for n, m in zip(action_names, moves_u, strict=True) if not m)
        kept_u = moves_u.copy()
        if one_hot:
            kept_u[np.flatnonzero(moves_u)[-1]] = False
        raw_states, raw_actions = states[:, moves_x].astype(np.float64), actions[:, kept_u].astype(np.float64)
        mean, sd = mean_and_sd(raw_actions[taken]) if taken.any() else (0.0, 1.0)
        own_mean, own_sd = mean_and_sd(raw_states)
        return ActionSteps(
            tuple(n for n, m in zip(names, moves_x, strict=True) if m),
            tuple(n for n, m in zip(action_names, kept_u, strict=True) if m),
            (raw_states - own_mean) / own_sd,
            (raw_actions - mean) / sd,
            np.cumsum(starts),
            raw_states,
            raw_actions,
            still,
            one_hot,
        )

    def rows(
        self, before: int = 0, lag: int | None = None, around: int = 0, at_most: int = MOST_STEPS
    ) -> Int[np.ndarray, " steps"]:
        """Return rows t whose step and action lie in one episode, evenly spread.

        So do `before` steps before it, with their actions, and `around` states on either side.
        """
        lag = self.lag if lag is None else lag
        low, high = min(-before, -around, lag, lag - before), max(1 + around, lag)
        first = np.arange(max(-low, 0), len(self.x) - high)
        whole = self.episode[first + low] == self.episode[first + high]
        for at in {lag, lag - before}:
            whole &= self.taken[first + at]
        found = first[whole]
        return found[evenly_spaced(len(found), at_most)] if len(found) > at_most else found

    @cached_property
    def taken(self) -> Bool[np.ndarray, " rows"]:
        """Rows with an action."""
        found: np.ndarray = np.isfinite(self.u).all(axis=1)
        return found

    @property
    def enough(self) -> bool:
        """Whether there are states, actions and steps to judge."""
        return bool(self.names and self.action_names and len(self.rows()) >= FEWEST_STEPS)


def with_squares(x: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N features"]:
    """Return the columns, with their squares and products where there are steps enough for them."""
    n = x.shape[1]
    if n > MOST_SQUARES or len(x) < PER_FEATURE * (n + n * (n + 1) // 2):
        return x
    i, j = np.triu_indices(n)
    return np.concatenate([x, x[:, i] * x[:, j]], axis=1)


def with_products(u: Float64[np.ndarray, "N a"], x: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N features"]:
    """Return the actions, with their products with the states where there are steps enough for them."""
    count = u.shape[1] * x.shape[1]
    if count > MOST_SQUARES**2 or len(x) < PER_FEATURE * (u.shape[1] + count):
        return u
    return np.concatenate([u, (u[:, :, None] * x[:, None, :]).reshape(len(u), -1)], axis=1)


def residual(y: Float64[np.ndarray, "N k"], features: Float64[np.ndarray, "N p"]) -> Float64[np.ndarray, "N k"]:
    """Return what a linear regression on the features leaves of y."""
    centred, y = features - features.mean(axis=0), y - y.mean(axis=0)
    gram = centred.T @ centred
    gram[np.diag_indices_from(gram)] += 1e-10 * max(float(np.trace(gram)), 1e-300) / len(gram)
    return y - centred @ np.linalg.solve(gram, centred.T @ y)


def explained(
    y: Float64[np.ndarray, "N k"], known: Float64[np.ndarray, "N p"], more: Float64[np.ndarray, "N q"]
) -> Float64[np.ndarray, " k"]:
    """Return the share of what `known` leaves of each column of y that `more` explains, adjusted for its features.

    0 where nothing is left to explain.
    """
    left = residual(y, known)
    before = (left**2).sum(axis=0)
    after = (residual(left, residual(more, known)) ** 2).sum(axis=0)
    n, p, q = len(y), known.shape[1], more.shape[1]
    adjusted = after / before.clip(1e-300) * (n - p - 1) / max(n - p - q - 1, 1)
    return np.where(before > EXACT * len(y) * y.var(axis=0), 1.0 - adjusted, 0.0).clip(0.0, 1.0)


def _one_hot(actions: Float[np.ndarray, "rows a"]) -> bool:
    """Whether exactly one of several actions is 1 in every row, and the others 0."""
    if actions.shape[1] < 2 or not len(actions):
        return False
    return bool(np.isin(actions, (0.0, 1.0)).all() and (actions.sum(axis=1) == 1.0).all())
