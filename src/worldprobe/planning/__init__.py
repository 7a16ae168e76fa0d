"""Planning in an embedding and acting in the true world. Here an encoder is any function of frames."""

from worldprobe.planning.benchmark import Benchmark, Findings
from worldprobe.planning.cem import CEM
from worldprobe.planning.displacements import Displacements, Tasks, target
from worldprobe.planning.joint_predictor import JointPredictor
from worldprobe.planning.planning_settings import PlanningSettings
from worldprobe.planning.reaching import ReachingOutcome, judge, oracle, reach
from worldprobe.planning.sight import Encode, Sight, TrainedEncoder
from worldprobe.planning.straight_lines import Library, StraightLines, straight_lines
from worldprobe.planning.transition import TRANSITIONS, Experience, Transition

__all__ = [
    "CEM",
    "TRANSITIONS",
    "Benchmark",
    "Displacements",
    "Encode",
    "Experience",
    "Findings",
    "JointPredictor",
    "Library",
    "PlanningSettings",
    "ReachingOutcome",
    "Sight",
    "StraightLines",
    "Tasks",
    "TrainedEncoder",
    "Transition",
    "judge",
    "oracle",
    "reach",
    "straight_lines",
    "target",
]
