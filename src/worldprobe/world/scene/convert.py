"""From a scene's file to a .world folder: Blender opens and lights it, what comes out is drawn without Blender."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe._util import cores
from worldprobe._util.files import file_sha256
from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue, UnknownName, WorldprobeError
from worldprobe.render.glb import GlbPart, Material
from worldprobe.render.glb_writer import write_parts
from worldprobe.render.paint_colours import mean_colours
from worldprobe.world.scene import fidelity
from worldprobe.world.scene import manifest as manifests
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.dome import dome
from worldprobe.world.scene.lamp_textures import PAINT, write_lamp_textures
from worldprobe.world.scene.light_controls import LightControls, asked_lights, lighting
from worldprobe.world.scene.light_texture import texture, welded
from worldprobe.world.scene.manifest import (
    LightSource,
    Manifest,
    NamedLamp,
    NamedSurface,
    rounded,
)
from worldprobe.world.scene.moving_parts import MovingParts, asked_motions, owner_of_vertices
from worldprobe.world.scene.own_scene import placed_cameras
from worldprobe.world.scene.scene_child import SceneChild
from worldprobe.world.scene.sidedness import front_only
from worldprobe.world.scene.survey import Survey, metres, surveyed
from worldprobe.world.scene.unlit import convert_unlit, own_colours, unlit_scene
from worldprobe.world.scene.viewpoint import Rest, cameras_rest

KINDS = (".blend", ".glb", ".gltf", ".fbx", ".obj", ".ply", ".stl", ".usd", ".usda", ".usdc", ".usdz", ".abc")
LARGEST = 4 << 30
FRONTS = "scene, fronts alone"
"""The part of what stands still whose backs are never seen: they are not drawn."""
GREY = 0.03
"""Spread of a colour's channels, relative to the brightest, below which it has no hue."""
Say = Callable[[str], None]


def convert(source: Path, out: Path, options: ConversionOptions, say: Say = lambda line: None) -> Manifest:
    """Make the .world folder `out` from a scene's file; return its manifest.

    Raises InvalidValue and WorldprobeError for what can be seen to be impossible before any work, MissingDependency
    without Blender, BlenderFailed where it refuses the file or reaches its limits.
    """
    check_source(source)
    check_target(out)
    if options.controls and options.bake is False:
        raise InvalidValue("--control", options.controls[0].name, "nothing with --no-bake: Blender says what moves")
    if options.controls:
        options = replace(options, bake=True)
    unlit = own_colours(source) if options.bake is False else unlit_scene(source) if options.bake is None else None
    if unlit is not None:
        return convert_unlit(source, *unlit, out, options, say)
    with manifests.made_aside(out) as folder, SceneChild(source, options) as child:
        return _Conversion(source, options, child, folder, say).run()


def check_source(source: Path) -> None:
    """Raise InvalidValue for a file of a kind that is not read, WorldprobeError for one that is no plain file."""
    if source.suffix.lower() not in KINDS:
        raise InvalidValue("scene", str(source), f"a file that Blender opens: {', '.join(KINDS)}")
    try:
        found = os.stat(source)
    except OSError as error:
        raise WorldprobeError(f"{source} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(found.st_mode):
        raise WorldprobeError(f"{source} is not a plain file.")
    if found.st_size > LARGEST:
        raise WorldprobeError(f"{source} has {found.st_size / 2**30:.1f} GiB; at most {LARGEST >> 30} are read.")


def check_target(out: Path) -> None:
    """Raise InvalidValue for a name without .world, WorldprobeError where something else is there already."""
    if out.suffix != manifests.SUFFIX:
        raise InvalidValue("--out", str(out), f"a folder whose name ends in {manifests.SUFFIX}")
    if not out.absolute().parent.is_dir():
        raise WorldprobeError(f"{out} cannot be written: there is no folder {out.absolute().parent}.")
    if out.exists() and not (out / manifests.MANIFEST).is_file():
        raise WorldprobeError(f"{out} exists and is no world of worldprobe's: remove it, or give another with --out.")


@dataclass
class _Conversion:
    source: Path
    options: ConversionOptions
    child: SceneChild
    folder: Path
    say: Say
    moving: MovingParts = field(default_factory=MovingParts)
    lights: LightControls = field(default_factory=LightControls)

    def run(self) -> Manifest:
        """Go through all steps; the folder then holds the world."""
        options, child = self.options, self.child
        opened = self._opened()
        notes = [*opened["notes"], *child.ask(do="light", exposure=options.exposure)["notes"]]
        self.lights = asked_lights(child, options.lights)
        self.moving = asked_motions(child, options.motions)
        survey = self._surveyed(self._rest())
        manifest = self._planned(opened, survey)
        self.say(f"The camera rests at {metres(survey.rest.at)} ({survey.rest.chosen_by}).")
        z = stream(0, "scene", "fidelity").standard_normal((options.poses, len(manifest.controls)))
        still = z * [moved.is_cameras for moved in manifest.controls]
        cameras = placed_cameras(manifest, still)
        original = self._traced(cameras, manifest.camera.fov)
        survey, merged = self._simplified(survey)
        turned = child.folder / "turned.npy"
        np.save(turned, survey.seen < 0)
        made = child.ask(do="convert", texels=options.texels, turned=str(turned))
        matte = self._traced(cameras, manifest.camera.fov)
        references = {"matte": (still, matte), "original": (still, original)}
        if manifest.parts:
            references["moved"] = (z, self._traced(cameras, manifest.camera.fov, self._places(manifest, z, survey)))
        self.say(f"Tracing light into {options.texels} x {options.texels} texels, {options.samples} paths each.")
        if self.lights:
            references["lit"] = (z, self._traced(cameras, manifest.camera.fov, lit=(manifest, z)))
        arrays = self._baked()
        if self.lights:
            manifest = self._separated(manifest, arrays)
        parts = self._parts(arrays, survey)
        scene = self.folder / manifests.SCENE
        write_parts(scene, parts, {"made by": "worldprobe scene"})
        drawn = {part.name for part in parts}
        manifest = manifest.model_copy(update={"parts": [part for part in manifest.parts if part.name in drawn]})
        manifest = manifest.model_copy(
            update={
                "sha256": file_sha256(scene),
                "triangles": sum(len(part.triangles) for part in parts),
                "materials": [NamedSurface(**described) for described in made["materials"]],
                "fidelity": fidelity.compared(self.folder, manifest, references),
                "notes": [*notes, *survey.notes(), *merged, *self.moving.notes(), *self.lights.notes()],
            }
        )
        manifests.write_manifest(self.folder, manifest)
        return manifest

    def _rest(self) -> Rest | None:
        found = self.child.ask(do="camera", name=self.options.camera)
        return None if found["name"] is None else cameras_rest(found["matrix"], found["fov"], found["name"])

    def _surveyed(self, rest: Rest | None) -> Survey:
        out = self.child.folder / "surfaces.npz"
        names = self.child.ask(do="gather", out=str(out))["names"]
        with np.load(out) as arrays:
            surfaces = arrays["positions"], arrays["triangles"], arrays["owners"], names
        return surveyed(*surfaces, rest, self.moving.obstacles(*surfaces) if self.moving.moving else None)

    def _opened(self) -> dict[str, Any]:
        options = self.options
        opened = self.child.ask(
            do="open", path=str(self.source.resolve()), threads=cores.available(), scale=options.scale
        )
        self.say(f"{self.source.name}: {opened['objects']} objects, {opened['triangles']:,} triangles.")
        if options.camera is not None and options.camera not in opened["cameras"]:
            raise UnknownName("camera", options.camera, opened["cameras"])
        if opened["triangles"] > options.triangles:
            if not options.decimate:
                heaviest = ", ".join(f"{name!r} {count:,}" for name, count in opened["heaviest"])
                raise WorldprobeError(
                    f"{self.source.name} has {opened['triangles']:,} triangles, more than the {options.triangles:,} of "
                    f"the budget (most: {heaviest}). Allow to merge them with --decimate, or more with --triangles."
                )
            share = 0.97 * options.triangles / opened["triangles"]
            fewer = self.child.ask(do="decimate", ratios={}, otherwise=share)["triangles"]
            opened["notes"].append(f"triangles merged: {opened['triangles']:,} became {fewer:,}")
            self.say(f"Merged to {fewer:,} triangles.")
        return opened

    def _simplified(self, survey: Survey) -> tuple[Survey, list[str]]:
        """Merge what no frame of the chosen detail can show; return the scene as it then is, and a note on it."""
        detail = self.options.detail
        shares = survey.shares_needed(detail) if detail else {}
        if not shares:
            return survey, []
        self.child.ask(do="decimate", ratios=shares)
        fewer = self._surveyed(survey.rest)
        before, after = len(survey.triangles), len(fewer.triangles)
        self.say(f"Triangles smaller than a pixel of {detail} px frames merged: {after:,} are left.")
        note = f"triangles smaller than a pixel of {detail} px frames merged: {before:,} became {after:,}"
        return replace(fewer, reach=survey.reach), [note] if after < before else []

    def _planned(self, opened: dict[str, Any], survey: Survey) -> Manifest:
        """Return the manifest as far as it is known before the light is traced."""
        options = self.options
        return Manifest(
            name=self.source.stem,
            made_from={
                "file": self.source.name,
                "sha256": file_sha256(self.source),
                "blender": opened["version"],
                "confined": "yes" if opened["confined"] else "no",
            },
            sha256="0" * 64,
            triangles=1,
            far=rounded(20 * survey.size),
            camera=survey.pose(),
            controls=survey.controls() + self.moving.controls() + self.lights.controls(),
            parts=self.moving.parts(survey.names),
            light=LightSource(
                kind="baked",
                texels=options.texels,
                samples=options.samples,
                bounces=options.bounces,
                separate="0" * 64 if self.lights else None,
                lamps=len(self.lights.lamps),
                paints=len(self.lights.hues),
            ),
            lamps=[NamedLamp(**lamp) for lamp in opened["lamps"]],
        )

    def _places(self, manifest: Manifest, z: Float[np.ndarray, "N n"], survey: Survey) -> Float[np.ndarray, "N V 3"]:
        """Return where all vertices are at N control vectors."""
        owner_of = owner_of_vertices(len(survey.positions), survey.triangles, survey.owners)
        part = np.append(self.moving.part_of(survey.names), 0)[owner_of]  # -1, of no triangle, is the last: it stays
        return self.moving.placed(manifest, z, survey.positions, part)

    def _traced(
        self,
        cameras: Float[np.ndarray, "N 4 4"],
        fov: float,
        places: Float[np.ndarray, "N V 3"] | None = None,
        lit: tuple[Manifest, Float[np.ndarray, "N n"]] | None = None,
    ) -> UInt8[np.ndarray, "N S S 3"]:
        """Return Cycles' frames of the scene as the child has it now, with vertices, or lamps, elsewhere for each."""
        where, frames, moved = (self.child.folder / f"{name}.npy" for name in ("cameras", "frames", "places"))
        np.save(where, cameras)
        if places is not None:
            np.save(moved, places)
        self.child.ask(
            do="render",
            cameras=str(where),
            frames=str(frames),
            side=fidelity.SIDE,
            fov=fov,
            samples=fidelity.SAMPLES,
            bounces=self.options.bounces,
            places=None if places is None else str(moved),
            lighting=None if lit is None else self._lighting(*lit),
        )
        found: np.ndarray = np.load(frames)
        return found

    def _lighting(self, manifest: Manifest, z: Float[np.ndarray, "N n"]) -> dict[str, list[list[float]]]:
        """Return the lamps' factors and the hues at N control vectors, and those at rest after them."""
        factors, hues = self.lights.rest()
        at = lighting(manifest, z)
        assert at is not None
        return {"factors": [*at.lamps[:, 1:, 0].tolist(), factors], "hues": [*at.hues.tolist(), hues]}

    def _separated(self, manifest: Manifest, arrays: dict[str, np.ndarray]) -> Manifest:
        """Write albedo and the light of every lamp; return the manifest with what is known of them.

        `arrays` then hold the light of all lamps at rest.
        """
        factors, _ = self.lights.rest()
        path = self.folder / manifests.LIGHT
        dimmest = [1.0, *(2.0**one.low for one in self.lights.lamps)]
        write_lamp_textures(path, arrays, dimmest, self.lights.exposure)
        arrays["irradiance"] = np.einsum("g,ghwc->hwc", [1.0, *factors], arrays["irradiance"])[None]
        colours = mean_colours(arrays["colour"], arrays["uv"], arrays["paints"], len(self.lights.hues))
        controls = []
        for moved in manifest.controls:
            if moved.lit is not None and moved.lit.kind == "hue":
                colour = colours[moved.lit.number - 1]
                if np.ptp(colour) < GREY * max(float(colour.max()), 1e-6):
                    raise WorldprobeError(
                        f"--control {moved.name}: the material is grey, which no turn of its hue changes. "
                        "Leave it out, or give the material a colour."
                    )
                lit = moved.lit.model_copy(update={"colour": [rounded(float(c)) for c in colour]})
                moved = moved.model_copy(update={"lit": lit})
            controls.append(moved)
        light = manifest.light.model_copy(update={"separate": file_sha256(path)})
        return manifest.model_copy(update={"light": light, "controls": controls})

    def _baked(self) -> dict[str, np.ndarray]:
        out, options = self.child.folder / "baked.npz", self.options
        self.child.ask(do="bake", texels=options.texels, samples=options.samples, bounces=options.bounces, out=str(out))
        with np.load(out) as arrays:
            return dict(arrays)

    def _parts(self, arrays: dict[str, np.ndarray], survey: Survey) -> list[GlbPart]:
        """Return what is drawn: the scene with its light as one texture, and the sky around it."""
        light, picture = self.child.folder / "light.npy", self.child.folder / "picture.npy"
        np.save(light, texture(arrays | {"irradiance": arrays["irradiance"].sum(axis=0)}))
        self.child.ask(do="show", light=str(light), picture=str(picture))
        material = Material(image=np.load(picture), repeat=False)
        part_of = self.moving.part_of(survey.names)[arrays["owners"]]
        names = ["scene", *(part.name for part in self.moving.parts(survey.names))]
        if self.lights.hues:
            part_of = arrays["paints"]
            names = ["scene", *(f"{PAINT}{k}" for k in range(1, 1 + len(self.lights.hues)))]
        pieces = [(names[k], material, part_of == k) for k in np.unique(part_of)]
        if not self.lights:  # what moves may show its other side; what is relit is drawn in one piece
            still = part_of == 0
            fronts = front_only(arrays["positions"], arrays["triangles"][still], survey.corners)
            solid = np.zeros(len(still), dtype=bool)
            solid[np.flatnonzero(still)[fronts]] = True
            pieces = [(FRONTS, replace(material, double_sided=False), solid)] + [
                (name, own, chosen & ~solid) for name, own, chosen in pieces
            ]
        parts = []
        for name, own, chosen in pieces:
            if not chosen.any():
                continue
            positions, uv, triangles = welded(arrays["positions"], arrays["triangles"][chosen], arrays["uv"][chosen])
            parts.append(GlbPart(name, positions, uv, triangles, own, np.eye(4)))
        if "sky" in arrays:
            parts.append(dome(arrays["sky"], survey.rest.at, 5 * survey.size))
        return parts
