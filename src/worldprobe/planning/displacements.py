"""How actions move the true controls, and the tasks of planning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.special import ndtr, ndtri

from worldprobe.errors import InvalidValue, UnknownName, Unreachable
from worldprobe.world import Control, World

MOST_ROUNDS = 1000
"""Rounds of draws in which tasks must be found."""


@dataclass(frozen=True)
class Displacements:
    """Actions are displacements of the true controls, at most `step` long (Euclidean), within [-`reach`, `reach`]^n.

    Both in standard deviations of the canonical N(0, 1): for the arm radians of its joints. At the border a control
    stops. A bound on the length, and not on each control, makes the straight line the fastest path as well.
    """

    step: float = 0.3
    reach: float = 2.0

    def bounded(self, actions: Float[np.ndarray, "*N n"]) -> Float64[np.ndarray, "*N n"]:
        """Return actions, with those that are too long shortened to the longest possible."""
        length = np.linalg.norm(actions, axis=-1, keepdims=True)
        bounded: np.ndarray = actions * (self.step / np.maximum(length, self.step))
        return bounded

    def moved(self, z: Float[np.ndarray, "N n"], actions: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N n"]:
        """Return the controls after an action each."""
        return np.clip(z + self.bounded(actions), -self.reach, self.reach)

    def states(self, count: int, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "count n"]:
        """Draw controls from N(0, I) within the reach."""
        edge = ndtr(-self.reach)
        drawn: np.ndarray = ndtri(rng.uniform(edge, 1.0 - edge, (count, n)))
        return drawn

    def actions(self, count: int, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "count n"]:
        """Draw actions evenly from the ball of those that are possible."""
        direction = rng.standard_normal((count, n))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        drawn: np.ndarray = direction * self.step * rng.uniform(size=(count, 1)) ** (1.0 / n)
        return drawn

    def check(self, goals: Float[np.ndarray, "N n"], controls: Sequence[Control]) -> None:
        """Raise Unreachable, naming the control, for a goal beyond the reach."""
        beyond = np.abs(goals) > self.reach
        if beyond.any():
            row, column = map(int, np.argwhere(beyond)[0])
            raise Unreachable(
                f"The target asks for {controls[column].name} = {goals[row, column]:.3g} standard deviations; "
                f"it moves within -{self.reach:g} to {self.reach:g}. Choose a nearer target, or widen the reach."
            )


@dataclass(frozen=True)
class Tasks:
    """Starts and goals in true controls, for scoring; a planner sees only their frames.

    Raises InvalidValue where there is not one goal for every start.
    """

    starts: Float[np.ndarray, "N n"]
    goals: Float[np.ndarray, "M n"]

    def __post_init__(self) -> None:
        if self.starts.shape != self.goals.shape or len(self.starts) == 0:
            raise InvalidValue("goals", self.goals.shape, f"one for each of the starts {self.starts.shape}, at least 1")

    @property
    def straight(self) -> Float[np.ndarray, " N"]:
        """The lengths of the true straight lines."""
        return np.asarray(np.linalg.norm(self.goals - self.starts, axis=1))

    def already_reached(self, tolerance: float) -> Bool[np.ndarray, " N"]:
        """Return which tasks start at their goal: every control within `tolerance` of the goal's."""
        found: np.ndarray = np.abs(self.goals - self.starts).max(axis=1) <= tolerance
        return found

    @classmethod
    def draw(cls, count: int, n: int, motion: Displacements, apart: float, rng: np.random.Generator) -> Tasks:
        """Draw N(0, I) starts and goals within the reach, at least `apart` from each other.

        Raises InvalidValue where so few draws are that far apart that tasks cannot be found.
        """
        starts, goals = np.empty((2, 0, n))
        for _ in range(MOST_ROUNDS):
            if len(starts) >= count:
                break
            drawn = motion.states(2 * count, n, rng)
            far = np.linalg.norm(drawn[:count] - drawn[count:], axis=1) >= apart
            starts, goals = np.r_[starts, drawn[:count][far]], np.r_[goals, drawn[count:][far]]
        if len(starts) < count:
            allowed = f"a distance that more than 1 in {MOST_ROUNDS} draws of N(0, I) within the reach have"
            raise InvalidValue("planning.apart", apart, allowed, f"Lower it, or widen reach = {motion.reach:g}.")
        return cls(starts[:count], goals[:count])

    def check(self, motion: Displacements, steps: int, controls: Sequence[Control]) -> None:
        """Raise Unreachable for a goal beyond the reach, or farther than `steps` actions go."""
        motion.check(self.goals, controls)
        needed = int(np.ceil(self.straight.max() / motion.step - 1e-9))
        if needed > steps:
            raise Unreachable(
                f"A target is {self.straight.max():.3g} standard deviations away: {needed:,} actions of at most "
                f"{motion.step:g}, but steps = {steps:,}. Allow {needed:,} steps or more, or longer ones."
            )


def target(world: World, motion: Displacements, **physical: float) -> Float64[np.ndarray, " n"]:
    """Return the control values of a target given in physical units by name; controls not named rest at their centre.

    Raises UnknownName for a control that the world lacks and Unreachable for a value that it cannot take.
    """
    names = [spec.name for spec in world.controls]
    z = np.zeros(len(names))
    for name, value in physical.items():
        if name not in names:
            raise UnknownName("control", name, names)
        spec = world.controls[names.index(name)]
        try:
            z[names.index(name)] = spec.standardised(np.array([value]))[0]
        except ValueError:
            raise Unreachable(
                f"The target asks for {name} = {value:g} {spec.unit}; this world's {name} stays within {spec.limit:g} "
                f"of {spec.centre:g}. Choose a target inside."
            ) from None
    motion.check(z[None], world.controls)
    return z
