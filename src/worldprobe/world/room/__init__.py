"""Rooms rendered from Blender: a furnished one, the same with three controls, and one with a fourfold symmetry."""

from worldprobe.world.room.bake import baked_glb
from worldprobe.world.room.rooms import Room, RoomWorld, ScopedRoom, SymmetricRoom

__all__ = ["Room", "RoomWorld", "ScopedRoom", "SymmetricRoom", "baked_glb"]
