"""Straight lines in an embedding, decoded to paths in the true controls: how much longer than straight are they?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Shaped
from scipy.spatial import KDTree
from scipy.special import stdtrit

from worldprobe.errors import InvalidValue
from worldprobe.planning.displacements import Tasks
from worldprobe.planning.sight import Encode, Sight
from worldprobe.results import Interval, StraightLineCosts
from worldprobe.world import World


@dataclass(frozen=True)
class Library:
    """Frames with known controls; a point of an embedding is decoded to the controls of the nearest frame."""

    controls: Float[np.ndarray, "L n"]
    observations: Shaped[np.ndarray, "L ..."]

    @classmethod
    def of(cls, world: World, controls: Float[np.ndarray, "L n"]) -> Library:
        """Return the library of what a world shows at these controls."""
        return cls(controls, world.observe(controls))


@dataclass(frozen=True)
class StraightLines:
    """Decoded paths, including start and goal, and the cost of each: its length over that of the true straight line.

    The ratio is 1 where straight lines in the embedding are straight in the controls, and never less. The library's
    finite resolution adds to it: compare it with the ratio for the true controls used as the embedding.
    """

    paths: Float[np.ndarray, "N points n"]
    ratios: Float[np.ndarray, " N"]

    @property
    def mean(self) -> float:
        """The mean ratio over the pairs."""
        return float(self.ratios.mean())

    @property
    def sd(self) -> float:
        """The standard deviation of the ratio over the pairs; 0 for a single one."""
        return float(self.ratios.std(ddof=1)) if len(self.ratios) > 1 else 0.0

    def record(self, cost_of_controls: float) -> StraightLineCosts:
        """Return what is kept of them; `cost_of_controls` is the mean ratio with the true controls as the embedding."""
        pairs = len(self.ratios)
        half = float(stdtrit(pairs - 1, 0.975)) * self.sd / pairs**0.5
        interval = Interval(mean=self.mean, ci95=(self.mean - half, self.mean + half))
        return StraightLineCosts(cost=interval, sd=self.sd, cost_of_controls=cost_of_controls)


def straight_lines(encode: Encode, world: World, library: Library, tasks: Tasks, waypoints: int = 3) -> StraightLines:
    """Decode the straight lines between the embeddings of each start and goal (arXiv 2605.26379, planning).

    `waypoints` points between start and goal, evenly on the line, become the controls of the library's nearest frame;
    the ends keep their true controls. Raises InvalidValue and WrongWorld as `Sight` does.
    """
    sight = Sight(encode, world)
    known = sight.of(library.observations, "the library's frames")
    return decode(sight.at(tasks.starts), sight.at(tasks.goals), known, library.controls, tasks, waypoints)


def decode(
    start: Float[np.ndarray, "N d"],
    goal: Float[np.ndarray, "N d"],
    known: Float[np.ndarray, "L d"],
    controls: Float[np.ndarray, "L n"],
    tasks: Tasks,
    waypoints: int,
) -> StraightLines:
    """Decode straight lines between embeddings by the nearest of the `known` ones, whose controls are given."""
    if waypoints < 1:
        raise InvalidValue("waypoints", waypoints, "1 or more")
    share = (np.arange(1, waypoints + 1) / (waypoints + 1))[None, :, None]
    line = start[:, None] + share * (goal - start)[:, None]
    _, nearest = KDTree(known).query(line.reshape(-1, line.shape[2]))
    between = controls[nearest].reshape(len(line), waypoints, -1)
    paths = np.concatenate([tasks.starts[:, None], between, tasks.goals[:, None]], axis=1).astype(np.float64)
    return StraightLines(paths, lengths(paths) / tasks.straight)


def lengths(paths: Float[np.ndarray, "N points n"]) -> Float64[np.ndarray, " N"]:
    """Return the lengths of paths in true controls."""
    found: np.ndarray = np.linalg.norm(np.diff(paths, axis=1), axis=2).sum(axis=1)
    return found
