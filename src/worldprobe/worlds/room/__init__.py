"""Rooms rendered from Blender: a furnished one, the same with three controls, and one with a fourfold symmetry."""

from worldprobe.worlds.room.bake import baked_glb
from worldprobe.worlds.room.world import Room, RoomWorld, ScopedRoom, SymmetricRoom

__all__ = ["Room", "RoomWorld", "ScopedRoom", "SymmetricRoom", "baked_glb"]
