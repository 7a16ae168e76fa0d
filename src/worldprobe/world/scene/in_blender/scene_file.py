"""Opens a scene without running anything that it holds, and says what it is and what it lacks."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import bpy

from worldprobe.world.blender_loop import Refused

IMPORTERS = {
    ".glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".gltf": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".fbx": lambda path: bpy.ops.wm.fbx_import(filepath=path),
    ".obj": lambda path: bpy.ops.wm.obj_import(filepath=path),
    ".ply": lambda path: bpy.ops.wm.ply_import(filepath=path),
    ".stl": lambda path: bpy.ops.wm.stl_import(filepath=path),
    ".usd": lambda path: bpy.ops.wm.usd_import(filepath=path),
    ".usda": lambda path: bpy.ops.wm.usd_import(filepath=path),
    ".usdc": lambda path: bpy.ops.wm.usd_import(filepath=path),
    ".usdz": lambda path: bpy.ops.wm.usd_import(filepath=path),
    ".abc": lambda path: bpy.ops.wm.alembic_import(filepath=path),
}
"""How each kind of file is imported; a .blend is opened."""


def open_scene(path: str, threads: int) -> list[str]:
    """Open or import a file into an otherwise empty Blender; return notes on what was left out.

    Scripts, Python drivers and handlers of the file are not run; neither is anything of the user's own preferences.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    suffix = Path(path).suffix.lower()
    try:
        if suffix == ".blend":
            bpy.ops.wm.open_mainfile(filepath=path, load_ui=False, use_scripts=False)
        else:
            IMPORTERS[suffix](path)
    except RuntimeError as error:
        raise Refused(f"Blender cannot open {Path(path).name}: {_first_line(error)}") from None
    _prepare(threads)
    return [*_scripts(), *_missing_libraries(), *_images(Path(path).parent)]


def _prepare(threads: int) -> None:
    """Set what every conversion needs, whatever the file says; colour management stays the file's."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.shading_system = "CPU", False
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.dither_intensity = 0.0
    scene.render.use_persistent_data = True
    scene.render.use_compositing = scene.render.use_sequencer = scene.render.use_border = False
    scene.render.use_simplify = scene.render.use_motion_blur = scene.render.film_transparent = False
    scene.cycles.use_adaptive_sampling = False
    scene.cycles.pixel_filter_type = "BOX"
    bpy.context.window.scene = scene
    for thing in [*bpy.data.objects, *bpy.data.collections]:
        thing.hide_viewport = thing.hide_render
    for thing in bpy.context.view_layer.objects:
        thing.hide_set(False)
        for modifier in thing.modifiers:
            modifier.show_viewport = modifier.show_render
            if modifier.type in {"SUBSURF", "MULTIRES"}:
                modifier.levels = modifier.render_levels
    for material in bpy.data.materials:
        material.displacement_method = "BUMP"
    bpy.context.view_layer.update()


def _scripts() -> list[str]:
    notes = []
    registered = [text.name for text in bpy.data.texts if text.use_module]
    if registered:
        notes.append(f"scripts of the file that start by themselves, not run: {', '.join(registered)}")
    drivers = sum(
        curve.driver.type == "SCRIPTED" and not curve.driver.is_simple_expression
        for kind in (bpy.data.objects, bpy.data.materials, bpy.data.lights, bpy.data.node_groups, bpy.data.scenes)
        for thing in kind
        if thing.animation_data
        for curve in thing.animation_data.drivers
    )
    if drivers:
        notes.append(f"drivers written in Python, not run: {drivers}")
    return notes


def _missing_libraries() -> list[str]:
    missing = sorted({library.filepath for library in bpy.data.libraries if library.is_missing})
    return [f"linked library missing: {name}" for name in missing]


def _images(folder: Path) -> list[str]:
    """Name every image file that is not there, is no plain file, or lies where this process may not read."""
    notes = []
    for image in bpy.data.images:
        if image.packed_file or image.source not in {"FILE", "SEQUENCE", "TILED"} or not image.filepath:
            continue
        where = Path(bpy.path.abspath(image.filepath, library=image.library).replace("<UDIM>", "1001"))
        problem = _unreadable(where)
        if problem:
            notes.append(f"image {problem}: {image.filepath}")
            image.source = "GENERATED"
            image.generated_type, image.generated_color = "BLANK", (0.5, 0.5, 0.5, 1.0)
    return notes


def _unreadable(path: Path) -> str:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return "is not a plain file"
        with open(path, "rb"):
            return ""
    except PermissionError:
        return "lies outside of the scene's folder (--assets FOLDER allows another)"
    except OSError:
        return "missing"


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or ["it gives no reason"])[0].removeprefix("Error: ")


def described_lamps() -> list[dict[str, Any]]:
    """Return name, kind, power (watts; of a sun watts per square metre) and colour of every lamp."""
    return [
        {"name": thing.name, "kind": thing.data.type.lower(), "power": thing.data.energy, "colour": [*thing.data.color]}
        for thing in bpy.context.view_layer.objects
        if thing.type == "LIGHT" and not thing.hide_render
    ]
