"""A room as data: charts, lamps and how often it repeats about the vertical axis. No Blender in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from worldprobe._util.registry import Registry
from worldprobe.world.room.atlas import unwrapped
from worldprobe.world.room.paints import Paint, drawn
from worldprobe.world.room.shapes import Chart

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Lamp:
    """A light source, in Blender's units: a bulb (point), a window or ceiling panel (area) or the sun.

    `power` is in watts (for the sun watts per square metre); `size` the bulb's radius or the panel's sides in metres,
    for the sun its angle in degrees; `towards` is where panels and the sun shine.
    """

    kind: Literal["POINT", "AREA", "SUN"]
    at: Triple
    power: float
    colour: Triple = (1.0, 1.0, 1.0)
    size: tuple[float, float] = (0.1, 0.1)
    towards: Triple = (0.0, 0.0, -1.0)


@dataclass(frozen=True)
class View:
    """A camera of its own: metres, degrees, and its vertical angle of view."""

    at: Triple
    yaw: float
    pitch: float
    fov: float


@dataclass(frozen=True)
class LampGroup:
    """Lamps that one control dims and tints together: their places in `Blueprint.lamps`, and what glows with them.

    `glowing` names the pictures of paints whose glow is this light's; `all_else` says that every other glow is.
    """

    name: str
    lamps: tuple[int, ...]
    glowing: tuple[str, ...] = ()
    all_else: bool = False

    def has(self, paint: Paint) -> bool:
        """Return whether a paint's glow belongs to this group."""
        return paint.glow > 0 and (self.all_else if paint.picture is None else paint.picture in self.glowing)


@dataclass(frozen=True)
class BlueprintMesh:
    """A whole room as one triangle mesh: what the glTF file holds, in Blender's frame."""

    vertices: Float[np.ndarray, "V 3"]
    normals: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "F 3"]
    uv: Float[np.ndarray, "V 2"]


@dataclass(frozen=True, eq=False)
class Blueprint:
    """Everything that a room is made of.

    `turns` copies of the charts stand around the vertical axis through x = y = 0 at equal angles and share their
    texels; `lamps` are complete. `rest` is where the camera stands at centre, `reach` how far (half extents, metres) it
    can go from there; `hero` is the view that shows the room at its best. `lamp_groups` and `paint_groups` say what can
    be lit and painted otherwise, by name; they change nothing of the room as it is.
    """

    name: str
    charts: tuple[Chart, ...]
    lamps: tuple[Lamp, ...]
    rest: Triple
    reach: Triple
    hero: View
    turns: int = 1
    atlas_size: int = 1024
    lamp_groups: tuple[LampGroup, ...] = ()
    paint_groups: Mapping[str, Paint] = field(default_factory=dict)

    @cached_property
    def uv(self) -> list[Float[np.ndarray, "V 2"]]:
        """Each chart's place in the atlas."""
        return unwrapped(self.charts, self.atlas_size)[0]

    @cached_property
    def mesh(self) -> BlueprintMesh:
        """All charts and copies in one mesh."""
        starts = np.cumsum([0] + [len(chart.vertices) for chart in self.charts])
        vertices = np.concatenate([chart.vertices for chart in self.charts])
        normals = np.concatenate([chart.normals for chart in self.charts])
        triangles = np.concatenate([c.triangles + start for c, start in zip(self.charts, starts, strict=False)])
        turns = [quarter_turn(k * 4 // self.turns) for k in range(self.turns)]
        return BlueprintMesh(
            np.concatenate([vertices @ turn.T for turn in turns]),
            np.concatenate([normals @ turn.T for turn in turns]),
            np.concatenate([triangles + k * len(vertices) for k in range(self.turns)]),
            np.tile(np.concatenate(self.uv), (self.turns, 1)),
        )

    @cached_property
    def recipe(self) -> str:
        """16 hex digits that stand for all that Blender is given: shapes (to 10 micrometres), paints and lamps."""
        digest = sha256()
        for chart in self.charts:
            for values in (chart.vertices, chart.normals, chart.flat, chart.picture):
                digest.update(np.round(values * 1e5).astype("<i8").tobytes())
            digest.update(chart.triangles.astype("<i8").tobytes() + repr((chart.paint, chart.detail)).encode())
        for picture in sorted({c.paint.picture for c in self.charts if c.paint.picture}):
            digest.update(np.round(drawn(picture, coarser=8) * 255).astype("u1").tobytes())
        digest.update(repr([asdict(lamp) for lamp in self.lamps] + [self.turns, self.atlas_size]).encode())
        return digest.hexdigest()[:16]


def quarter_turn(k: int) -> Float[np.ndarray, "3 3"]:
    """Return the exact rotation by k quarter turns about +Z."""
    c, s = ((1, 0), (0, 1), (-1, 0), (0, -1))[k % 4]
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], dtype=float)


ROOMS: Registry[Callable[[], Blueprint]] = Registry("room")


@cache
def blueprint(name: str) -> Blueprint:
    """Return the blueprint of a room by name; raises UnknownName."""
    room_names()
    return ROOMS[name]()


def room_names() -> list[str]:
    """Return the names of all rooms."""
    from worldprobe.world.room import furnished, symmetric  # noqa: F401  (they register themselves)

    return list(ROOMS)
