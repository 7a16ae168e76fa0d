"""Regimes: how a world is explored."""

from worldprobe.explore.cinematic import Cinematic
from worldprobe.explore.confined import Confined
from worldprobe.explore.controlled import Controlled
from worldprobe.explore.departures import Correlated, Drift, StateNoise
from worldprobe.explore.gaussian import Gaussian, Jumps, Narrow, OneAxis
from worldprobe.explore.generalised_normal import GeneralisedNormal
from worldprobe.explore.joint_limits import JointLimits
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.explore.simulated_body import Policy, RandomTorque
from worldprobe.explore.visit_statistics import Measured, measure, named

__all__ = [
    "REGIMES",
    "Cinematic",
    "Confined",
    "Controlled",
    "Correlated",
    "Drift",
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
    "StateNoise",
    "measure",
    "named",
]
