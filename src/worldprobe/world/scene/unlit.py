"""A .glb whose colours are its light, as a world: nothing is baked, and Blender is not needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from worldprobe._util.files import file_sha256
from worldprobe.errors import InvalidValue, UnknownName, WorldprobeError
from worldprobe.render.glb import GlbCamera, GlbPart, read_scene
from worldprobe.render.glb_writer import write_parts
from worldprobe.world.scene import manifest as manifests
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.manifest import LightSource, Manifest, NamedSurface, rounded
from worldprobe.world.scene.survey import Survey, metres, surveyed
from worldprobe.world.scene.viewpoint import Rest, cameras_rest

KINDS = (".glb", ".gltf")
GlbScene = tuple[list[GlbPart], list[GlbCamera]]
"""A file's parts and cameras."""


def own_colours(source: Path) -> GlbScene:
    """Return a .glb or .gltf file's parts and cameras, to be drawn as they are.

    Raises InvalidValue for another kind of file, DamagedData for one that cannot be read.
    """
    if source.suffix.lower() not in KINDS:
        raise InvalidValue("--no-bake", True, f"with {' or '.join(KINDS)} only: another file's light must be baked")
    return read_scene(source)


def unlit_scene(source: Path) -> GlbScene | None:
    """Return the parts and cameras of a glTF file whose materials all are meant to be drawn as they are, else None."""
    if source.suffix.lower() not in KINDS:
        return None
    try:
        parts, cameras = read_scene(source)
    except WorldprobeError:
        return None  # Blender reads more than this reader does
    return None if any(part.material.lit for part in parts) else (parts, cameras)


def convert_unlit(
    source: Path,
    parts: list[GlbPart],
    cameras: list[GlbCamera],
    out: Path,
    options: ConversionOptions,
    say: Callable[[str], None],
) -> Manifest:
    """Make the .world folder `out` from a file's own colours; return its manifest.

    Raises WorldprobeError where it has too many triangles, UnknownName for a camera that it lacks.
    """
    count = sum(len(part.triangles) for part in parts)
    say(f"{source.name}: {len(parts)} parts, {count:,} triangles; its own colours are drawn, no light is baked.")
    if count > options.triangles:
        raise WorldprobeError(
            f"{source.name} has {count:,} triangles, more than the {options.triangles:,} of the budget. Allow more "
            "with --triangles, or let Blender merge them: --decimate without --no-bake."
        )
    scale = options.scale
    sized = [replace(part, to_world=_scaled(part.to_world, scale)) for part in parts]
    shown = _two_sided(sized)
    survey = _surveyed(shown, _rest(cameras, options))
    say(f"The camera rests at {metres(survey.rest.at)} ({survey.rest.chosen_by}).")
    with manifests.made_aside(out) as folder:
        scene = folder / manifests.SCENE
        write_parts(scene, shown, {"made by": "worldprobe scene"})
        lit = sorted({part.material.name or "a material" for part in parts if part.material.lit})
        notes = [f"materials that are meant to be lit, drawn in their own colours: {', '.join(lit)}"] if lit else []
        materials = {part.material.name for part in parts if part.material.name}
        manifest = Manifest(
            name=source.stem,
            made_from={"file": source.name, "sha256": file_sha256(source)},
            sha256=file_sha256(scene),
            triangles=count,
            far=rounded(20 * survey.size),
            camera=survey.pose(),
            controls=survey.controls(),
            light=LightSource(kind="colours of the file"),
            materials=[NamedSurface(name=name, treatment="as in the file") for name in sorted(materials)],
            notes=notes,
        )
        manifests.write_manifest(folder, manifest)
    return manifest


def _two_sided(parts: list[GlbPart]) -> list[GlbPart]:
    """Return the parts with materials that are seen from both sides; those that share one still do."""
    kept = {id(part.material): replace(part.material, double_sided=True) for part in parts}
    return [replace(part, material=kept[id(part.material)]) for part in parts]


def _scaled(matrix: np.ndarray, scale: float) -> np.ndarray:
    return np.diag([scale, scale, scale, 1.0]) @ matrix


def _rest(cameras: list[GlbCamera], options: ConversionOptions) -> Rest | None:
    if options.camera is not None and options.camera not in {camera.name for camera in cameras}:
        raise UnknownName("camera", options.camera, [camera.name for camera in cameras])
    for camera in cameras:
        if options.camera in (None, camera.name):
            return cameras_rest(_scaled(camera.to_world, options.scale), camera.fov, camera.name)
    return None


def _surveyed(parts: list[GlbPart], rest: Rest | None) -> Survey:
    starts = np.cumsum([0] + [len(part.positions) for part in parts])
    positions = [part.positions @ part.to_world[:3, :3].T + part.to_world[:3, 3] for part in parts]
    triangles = [part.triangles + start for part, start in zip(parts, starts, strict=False)]
    owners = [np.full(len(part.triangles), k) for k, part in enumerate(parts)]
    names = [part.name for part in parts]
    return surveyed(np.concatenate(positions), np.concatenate(triangles), np.concatenate(owners), names, rest)
