"""`--control "ceiling lamp.energy:-2..1 stops"`, `"red.hue:-120..120 degrees"`: light or colour that is a control."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from worldprobe.errors import InvalidValue
from worldprobe.world.scene.motion_request import ALLOWED as MOTIONS
from worldprobe.world.scene.motion_request import RANGE, MotionRequest

_FORM = re.compile(rf"(?P<target>.+)\.(?P<kind>energy|hue){RANGE}(?P<unit>stops|degrees)?\s*", re.IGNORECASE)
LIGHTS = '"LAMP.energy:-2..1 stops" (0 is as in the file, 1 is twice that) or "MATERIAL.hue:-120..120 degrees"'
UNITS = {"energy": "stops", "hue": "degrees"}
MOST_STOPS, MOST_DEGREES = 8.0, 180.0


@dataclass(frozen=True)
class LightRequest:
    """Which lamp of the file is to be dimmed, or which material is to be repainted, and how far."""

    target: str
    kind: Literal["energy", "hue"]
    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> LightRequest:
        """Return what a command line asks for; raises InvalidValue for anything else."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise InvalidValue("--control", text, LIGHTS)
        kind: Literal["energy", "hue"] = "energy" if found["kind"].lower() == "energy" else "hue"
        if found["unit"] is not None and found["unit"].lower() != UNITS[kind]:
            raise InvalidValue("--control", text, f"an {kind} in {UNITS[kind]}")
        low, high = float(found["low"]), float(found["high"])
        if kind == "energy" and not -MOST_STOPS <= low < high <= MOST_STOPS:
            raise InvalidValue("--control", text, f"a range that rises, within {-MOST_STOPS:g}..{MOST_STOPS:g} stops")
        if kind == "hue" and not 0 < high == -low <= MOST_DEGREES:
            raise InvalidValue(
                "--control", text, f"a range that is as wide to either side of 0, {MOST_DEGREES:g} at most"
            )
        return cls(found["target"], kind, low, high)

    @property
    def name(self) -> str:
        """The control's name."""
        return f"{self.target}.{self.kind}"

    @property
    def unit(self) -> str:
        """stops or degrees."""
        return UNITS[self.kind]

    @property
    def centre(self) -> float:
        """The value at z = 0: a lamp's as `scene.glb` shows it, and 0 of a hue."""
        return (self.low + self.high) / 2


def parse_control(text: str) -> MotionRequest | LightRequest:
    """Return the motion, light or colour that `--control` asks for; raises InvalidValue for anything else."""
    if _FORM.fullmatch(text.strip()):
        return LightRequest.parse(text)
    try:
        return MotionRequest.parse(text)
    except InvalidValue as error:
        if re.search(r"\.(energy|hue)\s*:", text, re.IGNORECASE):
            raise InvalidValue("--control", text, LIGHTS) from None
        if re.search(r"\.(rotation|location)_", text, re.IGNORECASE):
            raise error from None
        raise InvalidValue("--control", text, f"{MOTIONS}; {LIGHTS}") from None
