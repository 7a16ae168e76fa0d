"""A room's light, one bake for every lamp group, and its albedo by itself: what a room that is relit is drawn from.

One .npz of four pictures ships with the package, under the hash of what made it: albedo without loss, and irradiance,
which is smooth, as lossy WebP. Both hold square roots of linear light, so that what is dark keeps its steps.
`python -m worldprobe.world.room --ship` makes it again.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from worldprobe._util.files import atomic_write, content_key
from worldprobe.errors import DamagedData
from worldprobe.render.glb import read_glb
from worldprobe.render.relit import RelitScene
from worldprobe.world.room.atlas import filled
from worldprobe.world.room.bake import SHIPPED, BakeSettings, baked_glb, shipped_or_cached, trusted_texels
from worldprobe.world.room.blueprint import Blueprint, blueprint
from worldprobe.world.room.child import BlenderProcess

_QUALITY = 92
_COVERAGE_OF_LIGHT = 0.999
"""Brighter than this share of a group's lit texels is stored as that bright: single texels of noise set no scale."""


def light_recipe(plan: Blueprint, settings: BakeSettings) -> str:
    """Return the hash of everything that a room's separate light depends on."""
    groups = [asdict(group) for group in plan.lamp_groups]
    return content_key(
        {"blueprint": plan.recipe, "settings": asdict(settings), "groups": groups, "quality": _QUALITY, "revision": 1}
    )


def separate_light(room: str, settings: BakeSettings | None = None) -> Path:
    """Return the file of the room's separate light: the shipped one while its recipe is right, else a cached one.

    Raises MissingDependency where a bake is needed and Blender is not installed, BlenderFailed where it fails.
    """
    plan, wanted = blueprint(room), settings or BakeSettings()
    return shipped_or_cached(
        SHIPPED / f"{room}-light.npz",
        _recorded_recipe,
        lambda blender: light_recipe(plan, replace(wanted, blender=blender)),
        wanted.blender,
        lambda path: bake_separate_light(plan, path, wanted),
    )


def bake_separate_light(plan: Blueprint, path: Path, settings: BakeSettings, threads: int | None = None) -> None:
    """Bake the light of every lamp group with Blender and write it to `path`, whole or not at all."""
    with BlenderProcess(plan.name, with_atlas=True, threads=threads) as blender:
        groups = [group.lamps for group in plan.lamp_groups]
        baked = blender.bake(plan.atlas_size, settings.samples, settings.bounces, groups=groups)
        recipe = light_recipe(plan, replace(settings, blender=blender.version))
    write_separate_light(path, plan, baked, settings.hidden, recipe)


def write_separate_light(
    path: Path, plan: Blueprint, baked: Mapping[str, np.ndarray], hidden: float, recipe: str
) -> None:
    """Write `BlenderProcess.bake`'s groups with all gaps filled; glowing paints glow with the group that has them.

    A glowing texel is stored as its colour lit by its own group alone, as brightly as the brightest of them glows.
    """
    glowing = baked["glow"].max(axis=-1) > 0
    lit, trusted = trusted_texels(plan, baked["irradiance"].sum(axis=0), baked["covered"], hidden)
    strength = max(1.0, float(baked["glow"].max()))
    albedo = filled(np.where(glowing[..., None], baked["glow"] / strength, baked["colour"]), lit | glowing)
    arrays = {"recipe": np.array(recipe), "albedo": packed_light(albedo, lossless=True)}
    of_group = _glow_groups(plan, len(glowing))
    scales = []
    for k, irradiance in enumerate(baked["irradiance"]):
        light = filled(irradiance, trusted)
        light = np.where(glowing[..., None], strength * (of_group == k)[..., None], light)
        light = filled(light, lit | glowing)
        scales.append(float(np.quantile(light[lit].max(axis=-1), _COVERAGE_OF_LIGHT)))
        scales[-1] = max(scales[-1], strength)
        arrays[f"light{k}"] = packed_light(light / scales[-1], lossless=False)
    with atomic_write(path) as aside, open(aside, "wb") as handle:
        np.savez(handle, scales=np.array(scales), **arrays)


def relit_scene(room: str) -> RelitScene:
    """Return the room's mesh with its albedo and every lamp group's light, its vertices numbered by paint group."""
    plan, path = blueprint(room), separate_light(room)
    (part,) = read_glb(baked_glb(room))
    try:
        with np.load(path, allow_pickle=False) as file:
            albedo = unpacked_light(file["albedo"])
            scales = file["scales"]
            light = np.stack([scale * unpacked_light(file[f"light{k}"]) for k, scale in enumerate(scales)])
    except (OSError, ValueError, KeyError) as error:
        what = f"{path} is not a room's separate light. Delete it; it is made again on the next use."
        raise DamagedData(what) from error
    matrix = part.to_world
    positions = part.positions @ matrix[:3, :3].T + matrix[:3, 3]
    paint = np.tile(_paint_numbers(plan), plan.turns)
    return RelitScene(positions, part.uv, paint, part.triangles, albedo, light, len(plan.paint_groups))


def _paint_numbers(plan: Blueprint) -> Int[np.ndarray, " V"]:
    """Return the number of every vertex's paint group, 0 for none."""
    numbers = {paint: k for k, paint in enumerate(plan.paint_groups.values(), 1)}
    return np.concatenate([np.full(len(chart.vertices), numbers.get(chart.paint, 0)) for chart in plan.charts])


def _glow_groups(plan: Blueprint, size: int) -> Int[np.ndarray, "S S"]:
    """Return for every texel which lamp group its chart glows with, -1 for charts that do not glow."""
    groups = np.full((size, size), -1)
    for chart, uv in zip(plan.charts, plan.uv, strict=True):
        for k, group in enumerate(plan.lamp_groups):
            if group.has(chart.paint):
                (left, top), (right, bottom) = np.round(uv.min(axis=0) * size), np.round(uv.max(axis=0) * size)
                groups[int(top) : int(bottom), int(left) : int(right)] = k
    return groups


def packed_light(light: Float[np.ndarray, "S S 3"], lossless: bool) -> UInt8[np.ndarray, " bytes"]:
    """Return linear light in [0, 1] as the bytes of a WebP file of its square roots."""
    from PIL import Image

    stored, buffer = np.rint(np.sqrt(light.clip(0.0, 1.0)) * 255.0).astype(np.uint8), io.BytesIO()
    Image.fromarray(stored).save(buffer, format="WEBP", lossless=lossless, quality=_QUALITY, method=6)
    return np.frombuffer(buffer.getvalue(), dtype=np.uint8)


def unpacked_light(picture: UInt8[np.ndarray, " bytes"]) -> Float[np.ndarray, "S S 3"]:
    """Return the linear light that `packed_light` packed."""
    from PIL import Image

    with Image.open(io.BytesIO(picture.tobytes()), formats=["WEBP"]) as image:
        found: np.ndarray = (np.asarray(image.convert("RGB"), dtype=np.float64) / 255.0) ** 2
    return found


def _recorded_recipe(path: Path) -> str:
    with np.load(path, allow_pickle=False) as file:
        return str(file["recipe"])
