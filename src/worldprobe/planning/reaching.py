"""Reaching goals that are given as pictures: plan in the embedding, act in the true world, observe, plan again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Shaped

from worldprobe.planning.cem import CEM
from worldprobe.planning.displacements import Displacements, Tasks
from worldprobe.planning.sight import Encode, Sight
from worldprobe.planning.straight_lines import lengths
from worldprobe.planning.transition import Moves
from worldprobe.results import Reached
from worldprobe.world import World

ARRIVED = 0.25
"""Share of an action's longest step: the planner stops when its estimate of the way left is shorter."""
UNSEEN = 0.05
"""Directions of action that move the embedding less than this share of what the best does count as invisible."""


@dataclass(frozen=True)
class ReachingOutcome:
    """The outcome of each task: the distance left to its goal, whether that is a success, the cost of the path."""

    gaps: Float[np.ndarray, " N"]
    """The control that is farthest from its goal at the end, in standard deviations."""
    success: Bool[np.ndarray, " N"]
    ratios: Float[np.ndarray, " N"]
    """Length of the path, with what is left to the goal, over the true straight line: 1 at best, whatever happens."""

    @property
    def rate(self) -> float:
        """The share of tasks that succeeded."""
        return float(self.success.mean())

    @property
    def cost(self) -> float | None:
        """The mean ratio over tasks that succeeded; None where none did."""
        return float(self.ratios[self.success].mean()) if self.success.any() else None

    def record(self, transition_r2: float | None) -> Reached:
        """Return what is kept of it; `transition_r2` is the fit of the transition that the planner used."""
        gap = float(np.median(self.gaps))
        return Reached(success=self.rate, cost=self.cost, median_gap=gap, transition_r2=transition_r2)


def reach(
    encode: Encode,
    world: World,
    transition: Moves,
    starts: Float[np.ndarray, "N n"],
    goals: Shaped[np.ndarray, "..."],
    motion: Displacements,
    rng: np.random.Generator,
    *,
    steps: int = 30,
    planner: CEM | None = None,
) -> Float64[np.ndarray, "N points n"]:
    """Return the paths of true controls on which a planner takes the world from each start to the view in its goal.

    The planner sees frames only. At every step it embeds the current frame, searches for the actions whose predicted
    embeddings are nearest to the goal's, summed over the horizon, takes the first and plans again. It stops when the
    action that would close the remaining gap is shorter than a quarter of a step, and after `steps` actions at most.
    Raises InvalidValue for goals that are not frames of this world, WrongWorld for another world's encoder.
    """
    sight = Sight(encode, world)
    aims = sight.of(goals, "goal frames")
    return paths_to(sight.at, aims, transition, starts, motion, rng, steps, planner or CEM())


def paths_to(
    see: Callable[[Float64[np.ndarray, "N n"]], Float64[np.ndarray, "N d"]],
    aims: Float64[np.ndarray, "N d"],
    transition: Moves,
    starts: Float[np.ndarray, "N n"],
    motion: Displacements,
    rng: np.random.Generator,
    steps: int,
    planner: CEM,
) -> Float64[np.ndarray, "N points n"]:
    """Return the paths of a planner to whom `see` gives its view of true controls: an embedding, or those themselves.

    It acts as `reach` says.
    """
    path = [np.asarray(starts, dtype=np.float64)]
    plans = np.zeros((len(starts), planner.horizon, starts.shape[1]))
    away = np.arange(len(starts))
    for _ in range(steps):
        h = see(path[-1][away])
        far = _left(transition, h, aims[away], motion.step, starts.shape[1]) > ARRIVED * motion.step
        away, h = away[far], h[far]
        if not len(away):
            break
        found = planner.plan(PlannedDistance(transition, h, aims[away]), plans[away], motion, rng)
        plans[away] = np.concatenate([found[:, 1:], np.zeros_like(found[:, :1])], axis=1)
        reached = path[-1].copy()
        reached[away] = motion.moved(reached[away], found[:, 0])
        path.append(reached)
    return np.stack(path + path[-1:] * (steps + 1 - len(path)), axis=1)


def wander(
    tasks: Tasks, motion: Displacements, rng: np.random.Generator, steps: int = 30
) -> Float64[np.ndarray, "N points n"]:
    """Return the paths of a policy that acts at random from every start, `steps` actions long: the floor."""
    path = [np.asarray(tasks.starts, dtype=np.float64)]
    count, n = tasks.starts.shape
    for _ in range(steps):
        path.append(motion.moved(path[-1], motion.actions(count, n, rng)))
    return np.stack(path, axis=1)


def oracle(tasks: Tasks, motion: Displacements, steps: int = 30) -> Float64[np.ndarray, "N points n"]:
    """Return the oracle's paths: straight to the goal in the true controls, in as few actions as possible."""
    taken = np.arange(steps + 1) * motion.step
    share = np.minimum(taken[None] / np.maximum(tasks.straight, motion.step)[:, None], 1.0)
    share[:, 1:] = np.where(tasks.straight[:, None] <= motion.step, 1.0, share[:, 1:])
    paths: np.ndarray = tasks.starts[:, None] + share[:, :, None] * (tasks.goals - tasks.starts)[:, None]
    return paths


def judge(paths: Float[np.ndarray, "N points n"], tasks: Tasks, tolerance: float) -> ReachingOutcome:
    """Return the outcome of tasks: success means every true control within `tolerance` of the goal's at the end."""
    left = tasks.goals - paths[:, -1]
    gaps = np.abs(left).max(axis=1)
    cost = lengths(paths) + np.linalg.norm(left, axis=1)
    return ReachingOutcome(gaps, gaps <= tolerance, cost / tasks.straight)


def _left(
    transition: Moves, h: Float[np.ndarray, "N d"], aims: Float[np.ndarray, "N d"], step: float, n: int
) -> Float64[np.ndarray, " N"]:
    """Return the length of the action that would close the gap to the goal, were the transition linear from here on.

    A distance in the embedding would not do: where it is stretched one way, it says nothing of the others.
    """
    back = np.linalg.pinv(transition.slope(h, step, n), rcond=UNSEEN)
    found: np.ndarray = np.linalg.norm(np.einsum("knd,kd->kn", back, aims - h), axis=1)
    return found


class PlannedDistance:
    """The cost of plans: how far the predicted embeddings stay from the goal's, summed over the horizon."""

    def __init__(self, transition: Moves, h: Float[np.ndarray, "N d"], aims: Float[np.ndarray, "N d"]) -> None:
        self.transition, self.h, self.aims = transition, h, aims

    def __call__(self, plans: Float[np.ndarray, "N P horizon n"]) -> Float[np.ndarray, "N P"]:
        count, population, horizon, n = plans.shape
        at, aims = (np.repeat(part, population, axis=0) for part in (self.h, self.aims))
        total = np.zeros(len(at))
        for t in range(horizon):
            at = self.transition(at, plans[:, :, t].reshape(-1, n))
            total += np.linalg.norm(at - aims, axis=1)
        return total.reshape(count, population)
