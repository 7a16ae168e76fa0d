"""`--control "Door.rotation_z:0..90 degrees"`: an object's or a bone's motion that is to be a control."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from worldprobe.errors import InvalidValue

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
RANGE = rf"\s*:\s*(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})\s*"
"""What follows the name of any control that a command line asks for; its unit follows."""
_FORM = re.compile(
    rf"(?P<target>.+)\.(?P<kind>rotation|location)_(?P<axis>[xyz]){RANGE}(?P<unit>degrees|m)?\s*", re.IGNORECASE
)
ALLOWED = '"OBJECT.rotation_z:0..90 degrees" or "OBJECT.location_x:0..1 m", with x, y or z; a bone is ARMATURE/BONE'
UNITS = {"rotation": "degrees", "location": "m"}
MOST_DEGREES, MOST_METRES = 360.0, 1e4
VALUES = 5
"""Values of a motion at which Blender is asked where everything is."""


@dataclass(frozen=True)
class MotionRequest:
    """What is to move, an object of the file or ARMATURE/BONE, along or about which of its axes, and how far."""

    target: str
    kind: Literal["rotation", "location"]
    axis: str
    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> MotionRequest:
        """Return what a command line asks for; raises InvalidValue for anything else."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise InvalidValue("--control", text, ALLOWED)
        kind: Literal["rotation", "location"] = "rotation" if found["kind"].lower() == "rotation" else "location"
        unit = found["unit"]
        if unit is not None and unit.lower() != UNITS[kind]:
            raise InvalidValue("--control", text, f"a {kind} in {UNITS[kind]}")
        low, high = float(found["low"]), float(found["high"])
        most = MOST_DEGREES if kind == "rotation" else MOST_METRES
        if not (low < high <= low + most):
            raise InvalidValue("--control", text, f"a range that rises, by at most {most:g} {UNITS[kind]}")
        return cls(found["target"], kind, found["axis"].lower(), low, high)

    @property
    def name(self) -> str:
        """The control's name."""
        return f"{self.target}.{self.kind}_{self.axis}"

    @property
    def unit(self) -> str:
        """degrees or m."""
        return UNITS[self.kind]

    @property
    def centre(self) -> float:
        """The value at which everything is baked, z = 0."""
        return (self.low + self.high) / 2

    @property
    def values(self) -> list[float]:
        """Values from the lowest to the highest, evenly spaced."""
        return [self.low + (self.high - self.low) * k / (VALUES - 1) for k in range(VALUES)]
