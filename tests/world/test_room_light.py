"""The light in the shipped files is what their recipes give: the lamps', where they stand, and the landscape's own."""

import sys

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import binary_erosion

from worldprobe._util.colour import linear_from_srgb, srgb_from_linear
from worldprobe.render.glb import read_glb
from worldprobe.world.room.bake import SHIPPED, BakeSettings, _wide
from worldprobe.world.room.blueprint import blueprint
from worldprobe.world.room.child import BlenderProcess
from worldprobe.world.room.paints import drawn

SIZE, SAMPLES = 128, 8  # a bake of 1/64 of the texels with a quarter of the paths
MOVED = """
from dataclasses import replace
from worldprobe.world.blender_loop import serve
from worldprobe.world.room import blender
from worldprobe.world.room.blueprint import ROOMS, blueprint

plan = blueprint({room!r})
lamps = list(plan.lamps)
x, y, z = lamps[{lamp}].at
lamps[{lamp}] = replace(lamps[{lamp}], at=(x + {metres}, y, z))
ROOMS.register("moved")(lambda: replace(plan, name="moved", lamps=tuple(lamps)))
serve(blender.COMMANDS)
"""


def texels(room):
    (part,) = read_glb(SHIPPED / f"{room}.glb")
    return part.material.image


def coarse_bake(room):
    with BlenderProcess(room, with_atlas=True) as blender:
        baked = blender.bake(SIZE, SAMPLES, BakeSettings().bounces, seed=1)
    return np.clip(baked["irradiance"] * baked["colour"] + baked["glow"], 0, 1), baked["covered"]


def way(light, start, end):
    """How far `light` lies on the way from `start` (0) to `end` (1), in least squares over all texels.

    What both coarse bakes get wrong alike (they share a seed, the grid and the denoiser) cancels in their difference.
    """
    moved = end - start
    return ((light - start) * moved).sum() / (moved**2).sum()


@pytest.mark.blender
@pytest.mark.slow
@pytest.mark.parametrize(("room", "lamp"), [("room", 1), ("symmetric", 1)])
def test_the_shipped_light_is_the_recipes_and_not_that_of_a_lamp_moved_by_30_cm(room, lamp, tmp_path, monkeypatch):
    """Measured: 0.12 of the way (room's window panel), 0.00 (symmetric room's bulb); a quarter is allowed.

    If the lamp stood there, the way would be one minus this. Fainter lamps than the room's window move its coarse light
    less than coarse baking does: a change of those is told by the recipe's hash (`test_room_bake`) alone.
    """
    right, covered = coarse_bake(room)
    (tmp_path / "moved.py").write_text(MOVED.format(room=room, lamp=lamp, metres=0.3))
    (tmp_path / "python").write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path / 'moved.py'}\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    wrong, _ = coarse_bake("moved")
    block = blueprint(room).atlas_size // SIZE
    shipped = linear_from_srgb(texels(room) / 255).reshape(SIZE, block, SIZE, block, 3).mean(axis=(1, 3))
    inside = binary_erosion(_wide(blueprint(room), SIZE) & covered)
    shipped, right, wrong = shipped[inside], right[inside], wrong[inside]
    found = way(shipped, right, wrong)
    assert abs(found) < 0.25, found


def test_the_landscape_outside_shines_as_it_is_painted():
    plan, image = blueprint("room"), texels("room")
    (k,) = (k for k, chart in enumerate(plan.charts) if chart.paint.picture == "sky")
    (left, top), (right, bottom) = np.round(
        [plan.uv[k].min(axis=0) * plan.atlas_size, plan.uv[k].max(axis=0) * plan.atlas_size]
    ).astype(int)
    painted = srgb_from_linear(linear_from_srgb(drawn("sky")) * plan.charts[k].paint.glow) * 255
    picture = Image.fromarray(np.round(painted).astype(np.uint8)).resize(
        (right - left, bottom - top), Image.Resampling.BOX
    )
    error = np.abs(image[top:bottom, left:right].astype(float) - np.asarray(picture))
    assert np.median(error) <= 1
    assert error.mean() < 4
