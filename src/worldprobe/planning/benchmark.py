"""One planning benchmark for all encoders of a world: the same tasks, library and experience, rendered once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue
from worldprobe.planning.displacements import Tasks
from worldprobe.planning.joint_predictor import JointPredictor
from worldprobe.planning.planning_settings import PlanningSettings
from worldprobe.planning.reaching import ReachingOutcome, judge, oracle, paths_to, reach, wander
from worldprobe.planning.sight import Encode, Sight
from worldprobe.planning.straight_lines import Library, StraightLines, decode
from worldprobe.planning.transition import (
    Experience,
    Moves,
    Transition,
    TrueTransition,
    explained_share,
    first_held_out,
)
from worldprobe.planning.whose_failure import agreement_of_costs, split_failures
from worldprobe.results import JOINT, ORACLE, FailureSplit, Planned
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


def tasks_of(world: World, settings: PlanningSettings) -> tuple[Tasks, int]:
    """Return the tasks that every encoder of a world is given, without rendering, and how many were left out.

    Tasks whose start is already the goal are. Raises Unreachable, and InvalidValue where none is left.
    """
    rng = stream(settings.seed, "planning", "tasks")
    tasks = Tasks.draw(settings.pairs, len(world.controls), settings.motion, settings.apart, rng)
    there = tasks.already_reached(settings.tolerance)
    if there.all():
        allowed = f"a distance beyond the tolerance {settings.tolerance:g}"
        raise InvalidValue("planning.apart", settings.apart, allowed, "Every task starts at its goal.")
    tasks = Tasks(tasks.starts[~there], tasks.goals[~there])
    tasks.check(settings.motion, settings.steps, world.controls)
    return tasks, int(there.sum())


class Benchmark:
    """Tasks, library and experience of a world under `PlanningSettings`; an encoder at a time is evaluated on it.

    Raises Unreachable where a goal is farther than the settings' steps go.
    """

    def __init__(self, world: World, settings: PlanningSettings) -> None:
        self.world, self.settings = world, settings
        n, motion = len(world.controls), settings.motion
        self.tasks, self.left_out = tasks_of(world, settings)
        self._with_true_state: dict[str, ReachingOutcome] = {}
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

    @cached_property
    def search(self) -> ReachingOutcome:
        """What the search reaches with the true state and the true transition."""
        return self._from_true_state(TrueTransition(self.settings.motion))

    @cached_property
    def floor(self) -> ReachingOutcome:
        """What a policy reaches that acts at random, on the same tasks."""
        paths = wander(self.tasks, self.settings.motion, self._stream("floor"), self.settings.steps)
        return judge(paths, self.tasks, self.settings.tolerance)

    def with_true_state(self, kind: str) -> ReachingOutcome:
        """Return what is reached with the true state and a transition learned from the same experience."""
        if kind not in self._with_true_state:
            known, settings = self.experience, self.settings
            after = known.states + known.actions
            learned = Transition.fitted(known.states, known.actions, after, kind, settings.seed)
            self._with_true_state[kind] = self._from_true_state(learned)
        return self._with_true_state[kind]

    def evaluate(self, encode: Encode, joint: JointPredictor | None = None) -> Findings:
        """Plan with an encoder, and with the predictor that was trained with it where there is one.

        Raises InvalidValue and WrongWorld as `Sight` does.
        """
        sight, tasks = Sight(encode, self.world), self.tasks
        known = sight.of(self.library.observations, "the library's frames")
        start, goal = sight.at(tasks.starts), sight.of(self.goals, "goal frames")
        lines = {k: decode(start, goal, known, self.library.controls, tasks, k) for k in self.settings.waypoints}
        learned = {
            kind: Transition.fit(encode, self.world, self.experience, kind, self.settings.seed)
            for kind in self.settings.transitions
        }
        reaching = {kind: self._reaching(encode, moves, moves.r2) for kind, moves in learned.items()}
        reaching[ORACLE] = self.oracle_reaching
        failures = {kind: self._split(reaching, kind) for kind in learned}
        of_costs = (self.settings.motion, self.settings.planner)
        rng = self._stream("agreement")
        agreement = {kind: agreement_of_costs(tasks, start, goal, own, *of_costs, rng) for kind, own in learned.items()}
        if joint is not None:
            reaching[JOINT] = self._reaching(encode, joint, self._fit_of(joint, sight))
            failures[JOINT] = self._split(reaching, self.settings.transitions[-1], JOINT)
            rng = self._stream("agreement")
            agreement[JOINT] = agreement_of_costs(tasks, start, goal, joint, *of_costs, rng)
        planned = Planned(
            pairs=len(tasks.starts),
            tolerance=self.settings.tolerance,
            lines={k: line.record(self.oracle_lines[k].mean) for k, line in lines.items()},
            reached={name: r.outcome.record(r.transition_r2) for name, r in reaching.items()},
            failures=failures,
            agreement=agreement,
            floor=self.floor.record(None),
            left_out=self.left_out,
        )
        return Findings(planned, lines, reaching)

    def _split(self, reaching: dict[str, Reaching], kind: str, own: str | None = None) -> FailureSplit:
        """Split the failures of a transition of this kind, or those of the encoder's `own` predictor."""
        return split_failures(
            search=self.search.success,
            transition=self.with_true_state(kind).success,
            encoder=reaching[kind].outcome.success,
            predictor=None if own is None else reaching[own].outcome.success,
        )

    def _fit_of(self, joint: JointPredictor, sight: Sight) -> float:
        """Return the R^2 of a predictor's moves on the experience that transitions are scored on."""
        known, kept = self.experience, slice(first_held_out(len(self.experience.actions)), None)
        h, after = (sight.of(seen[kept], "experience") for seen in (known.before, known.after))
        return explained_share(joint(h, known.actions[kept]) - h, after - h)

    def _reaching(self, encode: Encode, transition: Moves, r2: float) -> Reaching:
        s = self.settings
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
        return Reaching(r2, paths, judge(paths, self.tasks, s.tolerance))

    def _from_true_state(self, transition: Moves) -> ReachingOutcome:
        s, tasks, rng = self.settings, self.tasks, self._stream("planner")
        paths = paths_to(lambda z: z, tasks.goals, transition, tasks.starts, s.motion, rng, s.steps, s.planner)
        return judge(paths, tasks, s.tolerance)

    def _stream(self, name: str) -> np.random.Generator:
        return stream(self.settings.seed, "planning", name)
