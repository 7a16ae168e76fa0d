"""How well planning in an embedding went."""

from __future__ import annotations

from pydantic import Field

from worldprobe.results.interval import Interval
from worldprobe.results.record import Record

ORACLE = "oracle"
"""The planner that has the true controls, among `Planned.reached`."""
JOINT = "joint"
"""The predictor that was trained together with the encoder, among the transitions that are fitted afterwards."""


class Reached(Record):
    """How goals given as images were reached: see `worldprobe.planning.judge`."""

    success: float
    """The share of goals reached."""
    cost: float | None
    """Mean length of the successful paths over the true straight line; None where none was."""
    median_gap: float
    """Of the control that ends farthest from its goal, in standard deviations."""
    transition_r2: float | None
    """How well the transition predicts what an action does to the embedding; None for the oracle, who needs none."""


class FailureSplit(Record):
    """Whose fault the goals are that were not reached: counts of tasks, which sum to all of them.

    A goal that is missed also with the true state and the true transition is the search's; else, also with the true
    state and a transition learned from the same experience, the transition's; else the encoder's. Of the predictor
    that was trained with the encoder: what is missed with the encoder and a transition fitted afterwards is the
    encoder's, and the rest the predictor's.
    """

    reached: int
    search: int
    transition: int
    encoder: int
    predictor: int | None = None
    """None of transitions that are fitted afterwards."""


class CostAgreement(Record):
    """Spearman's rank correlation of planned and true costs of candidate plans, the mean over tasks.

    The candidates are those of the search's first round, of its middle one and of its last. None where all candidates
    of a round cost the same.
    """

    random: float | None
    middle: float | None
    elite: float | None


class StraightLineCosts(Record):
    """Straight lines in an embedding, decoded: lengths in true controls over that of the straight line, over pairs."""

    cost: Interval
    """The mean over pairs, Student's t."""
    sd: float
    cost_of_controls: float
    """The same with the true controls as the embedding: what the library's finite size alone costs."""


class Planned(Record):
    """How well planning with an encoder went."""

    pairs: int
    tolerance: float
    lines: dict[int, StraightLineCosts]
    """By the number of points at which a line is decoded, the study's first one first."""
    reached: dict[str, Reached]
    """By transition, and of the oracle."""
    failures: dict[str, FailureSplit] = Field({})
    """By transition."""
    agreement: dict[str, CostAgreement] = Field({})
    """By transition, of plans from the tasks' starts."""
    floor: Reached | None = None
    """Of a random policy on the same tasks; None in older files."""
    left_out: int = 0
    """Tasks whose start was already the goal: they are not among the pairs."""

    @property
    def kind(self) -> str:
        """The last transition that was fitted: the one whose success is shown where there is room for one."""
        return [name for name in self.reached if name not in (ORACLE, JOINT)][-1]

    @property
    def success(self) -> float:
        """The share of goals reached with that transition."""
        return self.reached[self.kind].success

    @property
    def first_lines(self) -> tuple[int, StraightLineCosts]:
        """The number of points that the study names first, and the cost of lines decoded there."""
        return next(iter(self.lines.items()))
