"""Regimes: how a world is explored."""

from worldprobe.regimes.as_recorded import AsRecorded
from worldprobe.regimes.base import REGIMES, Pairs, Regime
from worldprobe.regimes.body_limits import JointLimits
from worldprobe.regimes.body_physics import Policy, RandomTorque
from worldprobe.regimes.cinematic import Cinematic
from worldprobe.regimes.gaussian import Gaussian, Jumps, Narrow, OneAxis
from worldprobe.regimes.generalised_normal import GeneralisedNormal
from worldprobe.regimes.measure import Measured, measure, named

__all__ = [
    "REGIMES",
    "AsRecorded",
    "Cinematic",
    "Gaussian",
    "GeneralisedNormal",
    "JointLimits",
    "Jumps",
    "Measured",
    "Narrow",
    "OneAxis",
    "Pairs",
    "Policy",
    "RandomTorque",
    "Regime",
    "measure",
    "named",
]
