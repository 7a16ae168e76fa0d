"""The furnished room with its light and colours as controls, beside the camera's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from worldprobe._util.files import file_sha256
from worldprobe._util.registry import ImpossibleSetting
from worldprobe.errors import UnknownName
from worldprobe.render.lighting import Lighting
from worldprobe.render.paint_colours import mean_colours, painted, shown
from worldprobe.render.relit import RelitScene
from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.room.furnished import PAINT_GROUPS
from worldprobe.world.room.rooms import DOLLY, PEDESTAL, PITCH, ROLL, TRUCK, YAW, RoomWorld
from worldprobe.world.room.separate_light import relit_scene, separate_light
from worldprobe.world.world import WORLDS, Control

if TYPE_CHECKING:
    from worldprobe.render.raster import Raster

# Centres and limits are such that no frame is burnt out or black: benchmarks/lit_room.py measures it.
SUN = Control("sun", "stops", 0.5, "more daylight: sun, sky and what the window shows", centre=-0.5, limit=0.9)
LAMPS = Control("lamps", "stops", 0.5, "more lamplight: bulbs, shades, the ceiling's panel", centre=-0.5, limit=0.9)
WARMTH = Control("warmth", "stops", 0.4, "warmer daylight: red over blue", limit=1.0)
HUES = {
    f"{paint}-hue": Control(f"{paint}-hue", "degrees", 40.0, f"turn of the {paint} paint's hue", limit=150.0)
    for paint in PAINT_GROUPS
}
AVAILABLE = {
    control.name: control for control in (TRUCK, PEDESTAL, DOLLY, YAW, PITCH, ROLL, SUN, LAMPS, WARMTH, *HUES.values())
}
TEN = ("truck", "dolly", "yaw", "pitch", "sun", "lamps", "warmth", "sofa-hue", "rug-hue", "wall-hue")


@WORLDS.register("room-lit")
class LitRoom(RoomWorld):
    """The furnished room whose camera, light and colours are controls, chosen by name; others are as in `room`.

    | control | unit | centre | scale | limit |
    |---|---|---|---|---|
    | truck, pedestal, dolly, yaw, pitch, roll | as in `room` | | | |
    | sun, lamps | stops | -0.5 | 0.5 | 0.9 |
    | warmth | stops of red over blue, of the daylight | 0 | 0.4 | 1 |
    | sofa-hue, rug-hue, wall-hue, window-wall-hue, armchair-hue | degrees | 0 | 40 | 150 |

    A stop doubles the light. A hue turns about the grey axis in linear light, for every surface with that paint; what a
    surface sends to others keeps the colour that it has at rest, in frames of the rasteriser ("cycles" lets it bleed).
    """

    room_name: ClassVar[str] = "room"
    model_config = ConfigDict(serialize_by_alias=True)

    chosen: tuple[str, ...] = Field(
        TEN, alias="controls", min_length=1, description=f"the controls, by name, of {', '.join(AVAILABLE)}"
    )

    _colours: Any = PrivateAttr(default=None)
    """The paints' mean linear colours (P, 3), once they were asked for."""

    @field_validator("chosen")
    @classmethod
    def _known_once(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        for name in chosen:
            if name not in AVAILABLE:
                raise ImpossibleSetting("controls", name, str(UnknownName("control", name, AVAILABLE)))
            if chosen.count(name) > 1:
                raise ImpossibleSetting("controls", list(chosen), f"{name} is named more than once; name it once")
        return chosen

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls that `controls` names, in its order."""
        return tuple(AVAILABLE[name] for name in self.chosen)

    @property
    def light(self) -> Path:
        """The file of the room's albedo and of the light of every lamp group."""
        return separate_light(self.room_name)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """As `room`'s, and the SHA-256 of the separate light."""
        made = super().fingerprint
        return made | {"light": file_sha256(self.light)} if self.renderer == "raster" else made

    def lighting(self, z: Float[np.ndarray, "N n"]) -> Lighting:
        """Return the factors of daylight and lamplight, and the turns of hue, of N control vectors."""
        values = checked_rows("z", z, len(self.controls))
        physical = {control.name: control.physical(values[:, k]) for k, control in enumerate(self.controls)}
        rest = np.zeros(len(values))
        tint = physical.get("warmth", rest)[:, None] * np.array([0.5, 0.0, -0.5])
        sun = 2.0 ** (physical.get("sun", rest)[:, None] + tint)
        lamps = np.repeat(2.0 ** physical.get("lamps", rest)[:, None], 3, axis=1)
        hues = [np.radians(physical.get(name, rest)) for name in HUES]
        return Lighting(np.stack([sun, lamps], axis=1), np.stack(hues, axis=1))

    def swatches(self, z: Float[np.ndarray, "N n"]) -> dict[str, UInt8[np.ndarray, "N 3"]]:
        """Return the colour of every light and paint that is a control, by its name, at N control vectors."""
        lit, most = self.lighting(z), 2.0 ** (SUN.centre + SUN.limit)
        sun, lamps = lit.lamps[:, 0], lit.lamps[:, 1]
        lights = {"sun": sun / most, "lamps": lamps / most, "warmth": sun / sun.max(axis=1, keepdims=True)}
        found = {name: shown(light) for name, light in lights.items() if name in self.chosen}
        hues = [(k, name) for k, name in enumerate(HUES) if name in self.chosen]
        if hues and self._colours is None:
            room = self.relit()
            paints = room.paint[room.triangles[:, 0]]
            self._colours = mean_colours(room.albedo[::-1], room.uv[room.triangles], paints, room.paints)
        return found | {name: painted(self._colours[k], lit.hues[:, k]) for k, name in hues}

    def relit(self) -> RelitScene:
        """Return the room as it is lit and painted view by view."""
        return relit_scene(self.room_name)

    def _made_raster(self) -> Raster:
        from worldprobe.render.raster import Raster

        return Raster(self.relit(), self.size, self.fov_degrees, far=self.far)
