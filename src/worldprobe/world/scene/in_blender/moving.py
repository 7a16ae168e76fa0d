"""Objects and bones of the file that are to move: put to a value, and asked where they then are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from worldprobe.world.blender_loop import Refused

MATRICES = {"QUATERNION", "AXIS_ANGLE"}
SHOWN = 12
"""Names that a refusal lists."""


@dataclass
class Channel:
    """One channel of one object, or of one bone of an armature."""

    owner: Any
    """The object, or the armature of the bone."""
    bone: Any
    kind: str
    axis: str

    @classmethod
    def found(cls, target: str, kind: str, axis: str) -> Channel:
        """Return the channel of an object or of ARMATURE/BONE; what animates it is removed. Raises Refused."""
        owner, bone = bpy.context.view_layer.objects.get(target), None
        if owner is None:
            armature, _, name = target.rpartition("/")
            owner = bpy.context.view_layer.objects.get(armature)
            bones = owner.pose.bones if owner is not None and owner.pose else {}
            bone = bones.get(name) if owner is not None else None
            if bone is None:
                names = [f"{armature}/{one.name}" for one in bones] or [o.name for o in bpy.context.view_layer.objects]
                more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
                raise Refused(
                    f"--control: no object or bone of the file is called {target!r}. There are "
                    f"{', '.join(sorted(names)[:SHOWN])}{more}."
                )
        found = cls(owner, bone, kind, axis)
        owner.animation_data_clear()
        if found.holder.rotation_mode in MATRICES:
            found.holder.rotation_mode = "XYZ"
        return found

    @property
    def holder(self) -> Any:
        """What has the channel."""
        return self.owner if self.bone is None else self.bone

    def set(self, value: float) -> None:
        """Put the channel to a value: radians, or Blender's units."""
        channel = self.holder.rotation_euler if self.kind == "rotation" else self.holder.location
        channel["xyz".index(self.axis)] = value

    def matrix(self) -> np.ndarray:
        """Return where it is, to the world, in Blender's units."""
        own = np.eye(4) if self.bone is None else np.array(self.bone.matrix)
        found: np.ndarray = np.array(self.owner.matrix_world) @ own
        return found

    @property
    def depth(self) -> tuple[int, int]:
        """A key that puts what moves others before them: ancestors first, and in one matrix the outer factor first."""
        above, thing = _chain(self.bone), self.owner
        while thing.parent is not None:
            if thing.parent_type == "BONE":
                above += _chain(thing.parent.pose.bones.get(thing.parent_bone))
            above, thing = above + 1, thing.parent
        if self.kind == "location":
            return above, -1
        return above, 2 - self.holder.rotation_mode.index(self.axis.upper())


def _chain(bone: Any) -> int:
    """Return how many bones hold a bone, itself among them."""
    length = 0
    while bone is not None:
        length, bone = length + 1, bone.parent
    return length
