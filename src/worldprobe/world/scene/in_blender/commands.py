"""The steps of a conversion, as the parent asks for them: open, gather, compare, bake, show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from worldprobe.world.blender_loop import Refused
from worldprobe.world.scene.in_blender import baking, joining, lamps_and_paints, matte, moving, picturing, scene_file


class Conversion:
    """One scene on its way to textured triangles; the commands are called in the order in which they stand here."""

    def __init__(self, confined: bool) -> None:
        self._confined = confined
        self._metres = 1.0
        self._surfaces: joining.Surfaces | None = None
        self._object: Any = None
        self._channels: list[moving.Channel] = []
        self._lamps = lamps_and_paints.Lamps([])
        self._painted: list[str] = []
        self._hues: list[lamps_and_paints.Hue] = []
        self._numbers = np.zeros(0, dtype=np.int64)

    def commands(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Return the commands by name."""
        steps = (
            "open",
            "channels",
            "move",
            "decimate",
            "gather",
            "camera",
            "light",
            "lamps",
            "render",
            "convert",
            "bake",
            "show",
        )
        return {name: getattr(self, name) for name in steps}

    def open(self, path: str, threads: int, scale: float) -> dict[str, Any]:
        """Open the file; answer with what it holds. `scale` multiplies its units."""
        notes = scene_file.open_scene(path, threads)
        unit = bpy.context.scene.unit_settings
        self._metres = scale * (unit.scale_length if unit.system != "NONE" else 1.0)
        counts = joining.counted()
        return {
            "version": bpy.app.version_string,
            "confined": self._confined,
            "notes": notes,
            "lamps": scene_file.described_lamps(),
            "cameras": [thing.name for thing in bpy.context.view_layer.objects if thing.type == "CAMERA"],
            "objects": len(counts),
            "triangles": sum(counts.values()),
            "heaviest": sorted(counts.items(), key=lambda item: -item[1])[:3],
        }

    def channels(self, wanted: list[dict[str, str]]) -> dict[str, Any]:
        """Find what is to move; answer with the order in which their motions follow each other, the outermost first."""
        found = [moving.Channel.found(**one) for one in wanted]
        order = sorted(range(len(wanted)), key=lambda k: found[k].depth)
        self._channels = [found[k] for k in order]
        return {"order": order}

    def move(self, values: list[float]) -> dict[str, Any]:
        """Put every channel, in that order, to a value (radians, metres); answer with their matrices, in metres."""
        for channel, value in zip(self._channels, values, strict=True):
            channel.set(value if channel.kind == "rotation" else value / self._metres)
        bpy.context.view_layer.update()
        matrices = [channel.matrix() for channel in self._channels]
        for matrix in matrices:
            matrix[:3, 3] *= self._metres
        return {"matrices": [matrix.tolist() for matrix in matrices]}

    def decimate(self, ratios: dict[str, float], otherwise: float = 1.0) -> dict[str, Any]:
        """Keep a share of the triangles of objects by name, and of all others of some size."""
        joining.decimate(ratios, otherwise)
        return {"triangles": sum(joining.counted().values())}

    def gather(self, out: str) -> dict[str, Any]:
        """Collect all surfaces into `out`, an .npz, in metres; answer with the names of the objects that own them."""
        self._surfaces = surfaces = joining.gathered()
        positions = surfaces.positions * self._metres
        np.savez(out, positions=positions, triangles=surfaces.triangles, owners=surfaces.owners)
        return {"names": surfaces.names}

    def camera(self, name: str | None) -> dict[str, Any]:
        """Answer with a camera's matrix in metres, wider angle of view and name, which is None where there is none."""
        used = bpy.data.objects.get(name) if name else bpy.context.scene.camera
        if used is None:
            return {"name": None}
        matrix = np.array(used.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
        matrix[:3, 3] *= self._metres
        fov = float(np.degrees(used.data.angle)) if used.data.type == "PERSP" else None
        return {"name": used.name, "matrix": matrix.tolist(), "fov": fov}

    def light(self, exposure: float | None) -> dict[str, Any]:
        """See to it that there is light, and that lamps themselves are not seen; answer with notes."""
        notes = []
        if not baking.lit():
            baking.add_even_light(1.0)
            notes.append("nothing in the scene gives light: it is lit evenly from all sides")
        if exposure is not None:
            bpy.context.scene.view_settings.exposure = exposure
        for thing in bpy.context.view_layer.objects:
            if thing.type == "LIGHT":
                thing.visible_camera = False
        return {"notes": notes}

    def lamps(self, lamps: list[str], factors: list[float], materials: list[str]) -> dict[str, Any]:
        """Take lamps whose power is a control and put them to factors of it, and materials whose hue is one.

        From now on light is shown as sRGB; answer with the exposure, in stops, and what showed light before.
        """
        self._lamps, self._painted = lamps_and_paints.Lamps(lamps), materials
        self._lamps.scale(factors)
        for name in materials:
            if name not in bpy.data.materials:
                raise Refused(
                    f"There is no material {name!r}; there are: {', '.join(m.name for m in bpy.data.materials)}."
                )
        before = lamps_and_paints.show_as_standard()
        return {"exposure": bpy.context.scene.view_settings.exposure, "view": before}

    def render(
        self,
        cameras: str,
        frames: str,
        side: int,
        fov: float,
        samples: int,
        bounces: int,
        places: str | None = None,
        lighting: dict[str, list[list[float]]] | None = None,
    ) -> dict[str, Any]:
        """Render camera-to-world matrices (.npy) to frames (.npy) of the scene as it is now.

        `places` (.npy) are those of the one matte mesh's vertices for each frame, in metres, where any is moved;
        `lighting` gives the factors of the lamps and the hues (radians) of the materials that are controls for each.
        """
        baking.set_light_paths(samples, bounces, denoise=True)
        if lighting is not None:
            np.save(frames, self._lit_frames(np.load(cameras), side, fov, **lighting))
            return {}
        if places is None:
            found = picturing.rendered(np.load(cameras), side, fov, self._metres)
        else:
            moved = zip(np.load(cameras), np.load(places), strict=True)
            found = np.concatenate([self._moved_frame(camera, at, side, fov) for camera, at in moved])
            joining.place(self._object, self._gathered().positions)
        np.save(frames, found)
        return {}

    def _moved_frame(self, camera: np.ndarray, places: np.ndarray, side: int, fov: float) -> np.ndarray:
        joining.place(self._object, places / self._metres)
        return picturing.rendered(camera[None], side, fov, self._metres)

    def _lit_frames(
        self, cameras: np.ndarray, side: int, fov: float, factors: list[list[float]], hues: list[list[float]]
    ) -> np.ndarray:
        """Return frames, each with its own light and colours; the last of both are those at rest."""
        found = []
        for k, camera in enumerate(cameras):
            self._relit(factors[k], hues[k])
            found.append(picturing.rendered(camera[None], side, fov, self._metres))
        self._relit(factors[-1], hues[-1])
        return np.concatenate(found)

    def _relit(self, factors: list[float], hues: list[float]) -> None:
        self._lamps.scale(factors)
        for hue, turn in zip(self._hues, hues, strict=True):
            hue.turn(turn)

    def _gathered(self) -> joining.Surfaces:
        if self._surfaces is None:
            raise RuntimeError("nothing has been gathered")
        return self._surfaces

    def convert(self, texels: int, turned: str) -> dict[str, Any]:
        """Put one matte mesh in the place of all surfaces, with an atlas; answer with its materials.

        `turned` (.npy) says which triangles are to face the other way.
        """
        surfaces = self._gathered()
        surfaces.turn(np.load(turned))
        names = [material.name if material else "" for material in surfaces.palette]
        for name in self._painted:
            if name not in names:
                shown = ", ".join(map(repr, filter(None, names)))
                raise Refused(f"No surface has the material {name!r}; there are: {shown}.")
        described = matte.make_matte(surfaces.palette)
        clear = np.array([material["treatment"].startswith("clear") for material in described])
        surfaces.keep(~clear[surfaces.materials])
        self._hues = [lamps_and_paints.Hue(surfaces.palette[names.index(name)]) for name in self._painted]
        self._numbers = np.zeros(len(names), dtype=np.int64)  # of materials that are repainted: 1, 2, ...
        for k, name in enumerate(self._painted, 1):
            self._numbers[names.index(name)] = k
        joining.leave_lamps()
        self._object = joining.joined_object(surfaces, "wp scene")
        used = baking.unwrap(self._object, texels)
        return {"materials": described, "used": used, "triangles": len(surfaces.triangles)}

    def bake(self, texels: int, samples: int, bounces: int, out: str) -> dict[str, Any]:
        """Bake colour and glow, and irradiance at half the resolution, into `out`: an .npz, with mesh and sky.

        The first irradiance is that of everything but the lamps that are controls, the others are theirs, one by one.
        """
        surfaces = self._gathered()
        image = baking.prepare_bake(surfaces.palette, texels)
        baking.set_light_paths(4, 0, denoise=False)
        colour = baking.baked(image, "DIFFUSE", {"COLOR"})
        glow = baking.baked(image, "EMIT", {"EMIT"})
        matte.whiten(surfaces.palette)
        image.scale(texels // 2, texels // 2)
        baking.set_light_paths(samples, bounces, denoise=True)
        self._lamps.only(None)
        groups = [baking.baked(image, "COMBINED", {"DIRECT", "INDIRECT", "DIFFUSE"})]
        traced = groups[0][..., 3] > 0.5
        baking.set_light_paths(1, 0, denoise=False)
        background = picturing.sky(512)
        if self._lamps.things:
            lamps_and_paints.put_out(surfaces.palette)
            lamps_and_paints.hide_other_lamps(self._lamps.things)
            baking.set_light_paths(samples, bounces, denoise=True)
        for k in range(len(self._lamps.things)):
            self._lamps.only(k)
            groups.append(baking.baked(image, "COMBINED", {"DIRECT", "INDIRECT", "DIFFUSE"}))
        arrays = {
            "positions": surfaces.positions * self._metres,
            "triangles": surfaces.triangles,
            "owners": surfaces.owners,
            "uv": baking.atlas_uv(self._object),
            "irradiance": np.stack([group[..., :3] for group in groups]),
            "paints": self._numbers[surfaces.materials],
            "colour": colour[..., :3],
            "glow": glow[..., :3],
            "covered": colour[..., 3] > 0.5,
            "traced": traced,
        }
        np.savez(out, **(arrays | ({} if background is None else {"sky": background})))
        return {}

    def show(self, light: str, picture: str) -> dict[str, Any]:
        """Turn linear light (.npy) into what the scene's display shows (.npy, uint8)."""
        np.save(picture, picturing.displayed(np.load(light)))
        Path(light).unlink()
        return {}
