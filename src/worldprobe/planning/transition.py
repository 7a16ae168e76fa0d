"""Transition models: how an action moves an embedding, fitted to frames before and after random actions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float64, Shaped
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from worldprobe.errors import UnknownName
from worldprobe.planning.displacements import Displacements
from worldprobe.planning.sight import Encode, Sight
from worldprobe.world import World

HELD_OUT = 0.2


def first_held_out(rows: int) -> int:
    """Return the first row of an experience on which transitions are scored and not fitted."""
    return rows - max(1, int(HELD_OUT * rows))


def _linear(seed: int) -> Any:
    return LinearRegression()


def _mlp(seed: int) -> Any:
    network = MLPRegressor(
        hidden_layer_sizes=(64, 64), activation="tanh", early_stopping=True, n_iter_no_change=8, random_state=seed
    )
    return TransformedTargetRegressor(make_pipeline(StandardScaler(), network), transformer=StandardScaler())


TRANSITIONS: dict[str, Callable[[int], Any]] = {"linear": _linear, "mlp": _mlp}
"""Models of the displacement h' - h given (h, a): least squares, and two tanh layers of 64."""


@dataclass(frozen=True)
class Experience:
    """Random actions: observations before and after, the controls before, and their displacement."""

    before: Shaped[np.ndarray, "N ..."]
    actions: Float[np.ndarray, "N n"]
    after: Shaped[np.ndarray, "N ..."]
    states: Float[np.ndarray, "N n"]

    @classmethod
    def gather(cls, world: World, motion: Displacements, count: int, rng: np.random.Generator) -> Experience:
        """Act once at random in each of `count` random states of a world."""
        n = len(world.controls)
        z = motion.states(count, n, rng)
        moved = motion.moved(z, motion.actions(count, n, rng))
        return cls(world.observe(z), moved - z, world.observe(moved), z)


@runtime_checkable
class Moves(Protocol):
    """What a planner asks of a transition, learned or true."""

    def __call__(self, h: Float[np.ndarray, "N d"], actions: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N d"]:
        """Return what the actions lead to."""
        ...

    def slope(self, h: Float[np.ndarray, "N d"], step: float, n: int) -> Float64[np.ndarray, "N d n"]:
        """Return how it moves per unit of action along each of n axes."""
        ...


@dataclass(frozen=True)
class TrueTransition:
    """What actions do to the true controls."""

    motion: Displacements

    def __call__(self, h: Float[np.ndarray, "N n"], actions: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N n"]:
        """Return the controls after the actions."""
        return self.motion.moved(h, actions)

    def slope(self, h: Float[np.ndarray, "N n"], step: float, n: int) -> Float64[np.ndarray, "N n n"]:
        """Return that an action displaces each control by itself; that controls stop at the border is left out."""
        return np.tile(np.eye(n), (len(h), 1, 1))


@dataclass(frozen=True)
class Transition:
    """h' = h + f(h, a), f fitted to an embedding's experience."""

    model: Any
    r2: float
    """Share of the variance of h' - h that is explained, on experience held out from the fit."""

    @classmethod
    def fit(cls, encode: Encode, world: World, experience: Experience, kind: str = "mlp", seed: int = 0) -> Transition:
        """Fit on four fifths of the experience, score on the rest; raises UnknownName, and errors as `Sight` does."""
        if kind not in TRANSITIONS:
            raise UnknownName("transition", kind, TRANSITIONS)
        sight = Sight(encode, world)
        h, after = (sight.of(seen, "experience") for seen in (experience.before, experience.after))
        return cls.fitted(h, experience.actions, after, kind, seed)

    @classmethod
    def fitted(
        cls,
        h: Float[np.ndarray, "N d"],
        actions: Float[np.ndarray, "N n"],
        after: Float[np.ndarray, "N d"],
        kind: str,
        seed: int,
    ) -> Transition:
        """Fit on embeddings."""
        x, moves = np.concatenate([h, actions], axis=1), after - h
        kept = first_held_out(len(x))
        model = TRANSITIONS[kind](seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # `r2` says how good it is
            model.fit(x[:kept], moves[:kept])
        return cls(model, explained_share(model.predict(x[kept:]).reshape(moves[kept:].shape), moves[kept:]))

    def __call__(self, h: Float[np.ndarray, "N d"], actions: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N d"]:
        """Return the embeddings that the actions are predicted to lead to."""
        moves = self.model.predict(np.concatenate([h, actions], axis=1))
        after: np.ndarray = h + moves.reshape(h.shape)
        return after

    def slope(self, h: Float[np.ndarray, "N d"], step: float, n: int) -> Float64[np.ndarray, "N d n"]:
        """Return how an embedding moves per unit of action along each of n axes: central differences over `step`."""
        return central_differences(self, h, step, n)


def central_differences(
    moves: Callable[[np.ndarray, np.ndarray], np.ndarray], h: Float[np.ndarray, "N d"], step: float, n: int
) -> Float64[np.ndarray, "N d n"]:
    """Return how a transition moves embeddings per unit of action along each of n axes, over `step` either way."""
    axes = step * np.tile(np.eye(n), (len(h), 1))
    at = np.repeat(h, n, axis=0)
    found: np.ndarray = (moves(at, axes) - moves(at, -axes)).reshape(len(h), n, -1).transpose(0, 2, 1) / (2 * step)
    return found


def explained_share(found: Float[np.ndarray, "N d"], moves: Float[np.ndarray, "N d"]) -> float:
    """Return the share of the variance of true moves that predicted ones explain; 0 where nothing moves."""
    spread = ((moves - moves.mean(axis=0)) ** 2).sum()
    return float(1.0 - ((moves - found) ** 2).sum() / spread) if spread > 0 else 0.0
