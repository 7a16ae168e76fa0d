"""Rooms rendered from Blender: a furnished one, which may be relit and repainted, and one with a fourfold symmetry."""

from worldprobe.world.room.bake import baked_glb
from worldprobe.world.room.lit_room import LitRoom
from worldprobe.world.room.rooms import Room, RoomWorld, ScopedRoom, SymmetricRoom

__all__ = ["LitRoom", "Room", "RoomWorld", "ScopedRoom", "SymmetricRoom", "baked_glb"]
