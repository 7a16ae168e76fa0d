"""Baked rooms: a blueprint's light, path traced once, as one .glb that ships with the package or is cached.

`python -m worldprobe.worlds.room.bake --ship` makes the shipped files again.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.files import cache_dir, content_key

from worldprobe.worlds.room.atlas import filled
from worldprobe.worlds.room.blueprint import ROOMS, Blueprint, blueprint
from worldprobe.worlds.room.child import BlenderProcess, blender_version
from worldprobe.worlds.room.export import read_extras, write_glb
from worldprobe.worlds.room.paints import encoded

SHIPPED = Path(__file__).parent


@dataclass(frozen=True)
class BakeSettings:
    """How light is traced: samples per texel, diffuse bounces, and the Blender that does it."""

    samples: int = 16
    bounces: int = 6
    blender: str = "5.0.1"


def recipe(plan: Blueprint, settings: BakeSettings) -> str:
    """Return the hash of everything that a baked file depends on: blueprint, settings, Blender's version."""
    return content_key({"blueprint": plan.recipe, "settings": asdict(settings)})


def baked_glb(room: str, settings: BakeSettings = BakeSettings()) -> Path:  # noqa: B008  (frozen)
    """Return the room's baked .glb: the shipped one where its recorded recipe is today's, else the cached one, else bake.

    Raises MissingDependency where a bake is needed and Blender is not installed, BlenderFailed where it fails.
    """
    plan = blueprint(room)
    key = recipe(plan, settings)
    shipped = SHIPPED / f"{room}.glb"
    if shipped.exists() and read_extras(shipped).get("recipe") == key:
        return shipped
    key = recipe(plan, BakeSettings(settings.samples, settings.bounces, blender_version()))
    cached = cache_dir() / "rooms" / f"{room}-{key}.glb"
    if not cached.exists():
        bake(plan, cached, settings)
    return cached


def bake(plan: Blueprint, path: Path, settings: BakeSettings, threads: int = 2) -> None:
    """Bake the room with Blender and write it to `path`, whole or not at all."""
    with BlenderProcess(plan.name, with_atlas=True, threads=threads) as blender:
        arrays = blender.bake(plan.atlas_size, settings.samples, settings.bounces)
        version = blender.version
    used = BakeSettings(settings.samples, settings.bounces, version)
    extras: dict[str, Any] = {"room": plan.name, "recipe": recipe(plan, used), "settings": asdict(used)}
    write_glb(path, plan.mesh, texture(arrays["light"], arrays["covered"]), extras)


def texture(light: Float[np.ndarray, "S S 3"], covered: Float[np.ndarray, "S S"]) -> UInt8[np.ndarray, "S S 3"]:
    """Return baked light as displayed: gaps filled, clipped and sRGB-encoded as Blender's Standard view does."""
    return np.round(encoded(filled(light, covered)) * 255).astype(np.uint8)


def main() -> None:
    """Bake rooms into the package (--ship) or the cache, and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", nargs="*", default=[], help="rooms to bake (all)")
    parser.add_argument("--ship", action="store_true", help="write into the package instead of the cache")
    parser.add_argument("--samples", type=int, default=BakeSettings.samples)
    options = parser.parse_args()
    settings = BakeSettings(samples=options.samples)
    blueprint("room")  # fills the registry
    for room in options.rooms or ROOMS:
        if options.ship:
            bake(blueprint(room), SHIPPED / f"{room}.glb", settings)
        print(SHIPPED / f"{room}.glb" if options.ship else baked_glb(room, settings))


if __name__ == "__main__":
    main()
