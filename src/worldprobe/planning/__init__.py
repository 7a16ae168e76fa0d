"""Planning in an embedding and acting in the true world: what recovery buys. Encoders are functions of frames here."""

from worldprobe.planning.cem import CEM
from worldprobe.planning.lines import Library, StraightLines, straight_lines
from worldprobe.planning.motion import Motion, Tasks, target
from worldprobe.planning.reaching import Outcome, judge, oracle, reach
from worldprobe.planning.settings import PlanningSettings
from worldprobe.planning.sight import Encode, Sight, TrainedEncoder
from worldprobe.planning.transition import TRANSITIONS, Experience, Transition
from worldprobe.planning.trial import Findings, Trial

__all__ = [
    "CEM",
    "TRANSITIONS",
    "Encode",
    "Experience",
    "Findings",
    "Library",
    "Motion",
    "Outcome",
    "PlanningSettings",
    "Sight",
    "StraightLines",
    "Tasks",
    "TrainedEncoder",
    "Transition",
    "Trial",
    "judge",
    "oracle",
    "reach",
    "straight_lines",
    "target",
]
