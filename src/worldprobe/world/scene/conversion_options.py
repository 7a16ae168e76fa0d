"""What a conversion may be told: budgets, limits, where the camera stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worldprobe.errors import InvalidValue
from worldprobe.world.scene.light_request import LightRequest
from worldprobe.world.scene.motion_request import MotionRequest

TEXELS = (256, 512, 1024, 2048, 4096)
MOST_CONTROLS = 24
MOST_LAMPS = 8
"""Lamps with a texture of their own: a driver has 16 textures at least for a shader."""


@dataclass(frozen=True)
class ConversionOptions:
    """Budgets and choices of `worldprobe scene`.

    `triangles` is the most that the file may have; a scene with more is refused unless `decimate` allows to merge them.
    Triangles smaller than a pixel or two of a frame of `detail` pixels are merged in any case (0: never). `texels` is
    the side of the texture that light is baked into, `samples` the paths traced for each. `bake` False draws a .glb in
    its own colours, without Blender; None does so where all of its materials are unlit. `scale` multiplies the file's
    units. `minutes` and `memory_gib` are the limits of the Blender process. `assets` are folders, besides the file's
    own, that its textures and libraries may be read from. `controls` are motions of objects, or lamps' power and
    materials' hues, that become controls in addition to the camera's. `poses` are those at which the world is compared
    with Cycles.
    """

    triangles: int = 1_000_000
    detail: int = 64
    decimate: bool = False
    texels: int = 2048
    samples: int = 16
    bounces: int = 4
    bake: bool | None = None
    scale: float = 1.0
    camera: str | None = None
    exposure: float | None = None
    minutes: float = 20.0
    memory_gib: float = 8.0
    assets: tuple[Path, ...] = ()
    controls: tuple[MotionRequest | LightRequest, ...] = ()
    poses: int = 8

    def __post_init__(self) -> None:
        """Raise InvalidValue for what is not possible."""
        if self.texels not in TEXELS:
            raise InvalidValue("texels", self.texels, f"one of {', '.join(map(str, TEXELS))}")
        names = [control.name for control in self.controls]
        if len(set(names)) < len(names) or len(names) > MOST_CONTROLS:
            raise InvalidValue("--control", ", ".join(names), f"at most {MOST_CONTROLS}, each once")
        if self.motions and self.lights:
            raise InvalidValue(
                "--control",
                ", ".join(names),
                "motions, or light and colours",
                "Baked shadows do not follow what moves.",
            )
        if len([one for one in self.lights if one.kind == "energy"]) > MOST_LAMPS:
            raise InvalidValue("--control", ", ".join(names), f"at most {MOST_LAMPS} lamps")
        for name, least, most in (
            ("triangles", 100, 5_000_000),
            ("detail", 0, 4096),
            ("samples", 1, 4096),
            ("bounces", 0, 32),
            ("scale", 1e-6, 1e6),
            ("minutes", 0.01, 1440),
            ("memory_gib", 0.5, 1024),
            ("poses", 0, 256),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise InvalidValue(name, value, f"from {least:,} to {most:,}")

    @property
    def motions(self) -> tuple[MotionRequest, ...]:
        """The motions among the controls."""
        return tuple(one for one in self.controls if isinstance(one, MotionRequest))

    @property
    def lights(self) -> tuple[LightRequest, ...]:
        """The lamps and hues among the controls."""
        return tuple(one for one in self.controls if isinstance(one, LightRequest))
