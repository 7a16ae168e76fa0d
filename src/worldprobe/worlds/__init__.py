"""Worlds: deterministic maps from controls to observations."""

from worldprobe.worlds.base import WORLDS, ControlSpec, World
from worldprobe.worlds.room import Room, ScopedRoom, SymmetricRoom

__all__ = ["WORLDS", "ControlSpec", "Room", "ScopedRoom", "SymmetricRoom", "World"]
