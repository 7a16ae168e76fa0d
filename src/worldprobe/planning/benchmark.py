"""One planning benchmark for all encoders of a world: the same tasks, library and experience, rendered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.planning.motion import Tasks
from worldprobe.planning.planning_settings import PlanningSettings
from worldprobe.planning.reaching import ReachingOutcome, judge, oracle, reach
from worldprobe.planning.sight import Encode, Sight
from worldprobe.planning.straight_lines import Library, StraightLines, decode
from worldprobe.planning.transition import Experience, Transition
from worldprobe.results import ORACLE, Planned
from worldprobe.world import World


@dataclass(frozen=True)
class Reaching:
    """How goals were reached with one transition model: its fit, the paths in true controls, the outcome."""

    transition_r2: float | None
    paths: Float[np.ndarray, "N points n"]
    outcome: ReachingOutcome


@dataclass(frozen=True)
class Findings:
    """The results of planning with one encoder: their record, and every path behind it."""

    planned: Planned
    lines: dict[int, StraightLines]
    """By the number of waypoints at which lines were decoded."""
    reaching: dict[str, Reaching]
    """By the name of the transition, and the oracle's."""


def tasks_of(world: World, settings: PlanningSettings) -> Tasks:
    """Return the tasks that every encoder of a world is given, without rendering. Raises Unreachable."""
    rng = stream(settings.seed, "planning", "tasks")
    tasks = Tasks.draw(settings.pairs, len(world.controls), settings.motion, settings.apart, rng)
    tasks.check(settings.motion, settings.steps, world.controls)
    return tasks


class Benchmark:
    """Tasks, library and experience of a world under `PlanningSettings`; an encoder at a time is evaluated on it.

    Raises Unreachable where a goal is farther than the settings' steps go.
    """

    def __init__(self, world: World, settings: PlanningSettings) -> None:
        self.world, self.settings = world, settings
        n, motion = len(world.controls), settings.motion
        self.tasks = tasks_of(world, settings)
        self.goals = world.observe(self.tasks.goals)
        self.library = Library.of(world, motion.states(settings.library, n, self._stream("library")))
        self.experience = Experience.gather(world, motion, settings.experience, self._stream("experience"))

    @cached_property
    def oracle_lines(self) -> dict[int, StraightLines]:
        """Straight lines in the true controls as the embedding: what the library's finite size alone costs."""
        tasks, known = self.tasks, self.library.controls
        return {k: decode(tasks.starts, tasks.goals, known, known, tasks, k) for k in self.settings.waypoints}

    @cached_property
    def oracle_reaching(self) -> Reaching:
        """The straight paths of a planner that has the true controls: the least possible cost."""
        paths = oracle(self.tasks, self.settings.motion, self.settings.steps)
        return Reaching(None, paths, judge(paths, self.tasks, self.settings.tolerance))

    def evaluate(self, encode: Encode) -> Findings:
        """Plan with an encoder; raises InvalidValue and WrongWorld as `Sight` does."""
        sight, tasks = Sight(encode, self.world), self.tasks
        known = sight.of(self.library.observations, "the library's frames")
        start, goal = sight.at(tasks.starts), sight.of(self.goals, "goal frames")
        lines = {k: decode(start, goal, known, self.library.controls, tasks, k) for k in self.settings.waypoints}
        reaching = {kind: self._reaching(encode, kind) for kind in self.settings.transitions}
        reaching[ORACLE] = self.oracle_reaching
        planned = Planned(
            pairs=self.settings.pairs,
            tolerance=self.settings.tolerance,
            lines={k: line.record(self.oracle_lines[k].mean) for k, line in lines.items()},
            reached={name: r.outcome.record(r.transition_r2) for name, r in reaching.items()},
        )
        return Findings(planned, lines, reaching)

    def _reaching(self, encode: Encode, kind: str) -> Reaching:
        s = self.settings
        transition = Transition.fit(encode, self.world, self.experience, kind, s.seed)
        paths = reach(
            encode,
            self.world,
            transition,
            self.tasks.starts,
            self.goals,
            s.motion,
            self._stream("planner"),
            steps=s.steps,
            planner=s.planner,
        )
        return Reaching(transition.r2, paths, judge(paths, self.tasks, s.tolerance))

    def _stream(self, name: str) -> np.random.Generator:
        return stream(self.settings.seed, "planning", name)
