"""Baked rooms: a blueprint's light, path traced once, as one .glb that ships with the package or is cached.

`python -m worldprobe.world.room --ship` makes the shipped files again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from worldprobe._util.colour import srgb_from_linear
from worldprobe._util.files import atomic_write, cache_dir, content_key
from worldprobe._util.locks import lock
from worldprobe.render.camera import camera_to_world
from worldprobe.world.room.atlas import filled
from worldprobe.world.room.blueprint import Blueprint, blueprint
from worldprobe.world.room.child import BlenderProcess, blender_version
from worldprobe.world.room.export_glb import read_extras, write_glb
from worldprobe.world.room.tracing import Tracing

SHIPPED = Path(__file__).parent
HERO = Tracing(1280, 720, samples=40, bounces=6, denoise=True)


@dataclass(frozen=True)
class BakeSettings:
    """How light is traced: samples per texel, diffuse bounces, and the Blender that does it.

    Texels with less light than `hidden` (times white) lie inside or under something: they take their neighbours' light,
    lest their black bleeds out along the edge of what hides them. `texels` counts the ways in which light was turned
    into texels: raise it when `texture` changes.
    """

    samples: int = 32
    bounces: int = 6
    hidden: float = 0.004
    texels: int = 2
    blender: str = "5.0.1"


def recipe(plan: Blueprint, settings: BakeSettings) -> str:
    """Return the hash of everything that a baked file depends on: blueprint, settings, Blender's version."""
    return content_key({"blueprint": plan.recipe, "settings": asdict(settings)})


def baked_glb(room: str, settings: BakeSettings = BakeSettings()) -> Path:
    """Return the room's baked .glb: the shipped one while its recorded recipe is right, else a cached or fresh one.

    Raises MissingDependency where a bake is needed and Blender is not installed, BlenderFailed where it fails.
    """
    plan = blueprint(room)
    return shipped_or_cached(
        SHIPPED / f"{room}.glb",
        lambda path: read_extras(path).get("recipe"),
        lambda blender: recipe(plan, replace(settings, blender=blender)),
        settings.blender,
        lambda path: bake(plan, path, settings),
    )


def shipped_or_cached(
    shipped: Path,
    recorded: Callable[[Path], object],
    key: Callable[[str], str],
    blender: str,
    make: Callable[[Path], object],
) -> Path:
    """Return the shipped file while its recorded recipe is `key(blender)`, else a cached one, made where there is none.

    A cached file's recipe is that of the Blender which is installed. Raises MissingDependency without one.
    """
    if shipped.exists() and recorded(shipped) == key(blender):
        return shipped
    cached = cache_dir() / "rooms" / f"{shipped.stem}-{key(blender_version())}{shipped.suffix}"
    if not cached.exists():
        with _alone(cached):
            if not cached.exists():
                make(cached)
    return cached


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock beside `path`: of several processes that want one bake, one makes it and the others wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as handle:
        lock(handle)
        yield


def hero_still(room: str) -> UInt8[np.ndarray, "H W 3"]:
    """Return the room's best view, path traced: the shipped picture while it is the recipe's, else a fresh one."""
    from PIL import Image

    plan = blueprint(room)
    shipped = SHIPPED / f"{room}.jpg"
    if shipped.exists():
        with Image.open(shipped) as picture:
            if picture.info.get("comment", b"").decode() == _hero_recipe(plan):
                return np.asarray(picture.convert("RGB"))
    return render_hero(plan)


def render_hero(plan: Blueprint, threads: int | None = None) -> UInt8[np.ndarray, "H W 3"]:
    """Return the room's best view, path traced and denoised, 1280 x 720."""
    view = plan.hero
    camera = camera_to_world(np.array([view.at]), np.array([view.yaw]), np.array([view.pitch]), np.zeros(1))
    with BlenderProcess(plan.name, threads=threads) as blender:
        picture: np.ndarray = blender.render(camera, replace(HERO, fov_degrees=view.fov))[0]
    return picture


def _hero_recipe(plan: Blueprint) -> str:
    return content_key({"blueprint": plan.recipe, "camera": asdict(plan.hero), "samples": HERO.samples})


def ship_hero(plan: Blueprint) -> Path:
    """Render the room's best view into the package, with its recipe as the JPEG's comment."""
    from PIL import Image

    path = SHIPPED / f"{plan.name}.jpg"
    picture = Image.fromarray(render_hero(plan))
    with atomic_write(path) as aside:
        picture.save(aside, format="JPEG", quality=92, subsampling=0, comment=_hero_recipe(plan).encode())
    return path


def bake(plan: Blueprint, path: Path, settings: BakeSettings, threads: int | None = None) -> None:
    """Bake the room with Blender and write it to `path`, whole or not at all."""
    with BlenderProcess(plan.name, with_atlas=True, threads=threads) as blender:
        arrays = blender.bake(plan.atlas_size, settings.samples, settings.bounces)
        version = blender.version
    used = replace(settings, blender=version)
    extras: dict[str, Any] = {"room": plan.name, "recipe": recipe(plan, used), "settings": asdict(used)}
    write_glb(path, plan.mesh, texture(plan, arrays, settings.hidden), extras)


def texture(plan: Blueprint, baked: Mapping[str, np.ndarray], hidden: float) -> UInt8[np.ndarray, "S S 3"]:
    """Return `BlenderProcess.bake`'s light as displayed: clipped, sRGB-encoded as Blender does, with all gaps filled.

    The denoiser smears the black around charts and under furniture into the first lit texel beside it, so in charts
    that are wide enough that texel takes the irradiance of its inner neighbour.
    """
    glowing = baked["glow"].max(axis=-1) > 0
    lit, trusted = trusted_texels(plan, baked["irradiance"], baked["covered"], hidden)
    light = filled(baked["irradiance"], trusted) * baked["colour"] + baked["glow"]
    return np.round(srgb_from_linear(filled(light, lit | glowing)) * 255).astype(np.uint8)


def trusted_texels(
    plan: Blueprint, irradiance: Float[np.ndarray, "S S 3"], covered: Bool[np.ndarray, "S S"], hidden: float
) -> tuple[Bool[np.ndarray, "S S"], Bool[np.ndarray, "S S"]]:
    """Return which texels are lit, and whose irradiance the denoiser has left alone: not the first beside a gap."""
    from scipy.ndimage import binary_erosion

    lit = covered & (irradiance.mean(axis=-1) >= hidden)
    return lit, np.where(_wide(plan, len(lit)), binary_erosion(lit), lit)


def _wide(plan: Blueprint, size: int, texels: int = 8) -> Bool[np.ndarray, "S S"]:
    """Return which texels belong to charts at least `texels` wide and high."""
    mask = np.zeros((size, size), dtype=bool)
    for uv in plan.uv:
        (left, top), (right, bottom) = np.round(uv.min(axis=0) * size), np.round(uv.max(axis=0) * size)
        if min(right - left, bottom - top) >= texels:
            mask[int(top) : int(bottom), int(left) : int(right)] = True
    return mask
