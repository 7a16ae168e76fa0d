"""Worlds: deterministic maps from controls to observations."""

from worldprobe.world.arm import Arm
from worldprobe.world.gymnasium_world import GymnasiumWorld
from worldprobe.world.mixings import AdditiveCoupling, Banana, Coupling, Identity, Lift, Mixing, Sinusoid, Spiral
from worldprobe.world.picture_table import PictureTable
from worldprobe.world.room import LitRoom, Room, ScopedRoom, SymmetricRoom
from worldprobe.world.scene import Scene
from worldprobe.world.world import WORLDS, Control, World

__all__ = [
    "WORLDS",
    "AdditiveCoupling",
    "Arm",
    "Banana",
    "Control",
    "Coupling",
    "GymnasiumWorld",
    "Identity",
    "Lift",
    "LitRoom",
    "Mixing",
    "PictureTable",
    "Room",
    "Scene",
    "ScopedRoom",
    "Sinusoid",
    "Spiral",
    "SymmetricRoom",
    "World",
]
