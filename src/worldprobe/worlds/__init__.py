"""Worlds: deterministic maps from controls to observations."""

from worldprobe.worlds.arm import Arm
from worldprobe.worlds.base import WORLDS, ControlSpec, World
from worldprobe.worlds.mixings import (
    AdditiveCoupling,
    Banana,
    Coupling,
    Identity,
    Lift,
    Mixing,
    Sinusoid,
    Spiral,
)
from worldprobe.worlds.room import Room, ScopedRoom, SymmetricRoom

__all__ = [
    "WORLDS",
    "AdditiveCoupling",
    "Arm",
    "Banana",
    "ControlSpec",
    "Coupling",
    "Identity",
    "Lift",
    "Mixing",
    "Room",
    "ScopedRoom",
    "Sinusoid",
    "Spiral",
    "SymmetricRoom",
    "World",
]
