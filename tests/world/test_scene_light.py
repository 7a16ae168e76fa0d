"""Lamps and materials of a user's scene as controls: what is asked for, and that it is drawn as Cycles lights it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from world.scenes import QUICK, in_blender
from worldprobe.contracts.world_contract import check_world
from worldprobe.errors import BlenderFailed, DamagedData, InvalidValue, WorldprobeError
from worldprobe.world.scene import Scene
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.convert import convert
from worldprobe.world.scene.light_request import LightRequest, parse_control
from worldprobe.world.scene.manifest import Manifest, read_manifest
from worldprobe.world.scene.motion_request import MotionRequest

ROOM = """
def paint(name, colour):
    made = bpy.data.materials.new(name)
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1)
    made.node_tree.nodes["Principled BSDF"].inputs["Specular IOR Level"].default_value = 0
    return made

def block(name, at, size, colour):
    bpy.ops.mesh.primitive_cube_add(size=1, location=at)
    thing = bpy.context.object
    thing.name, thing.scale = name, size
    thing.data.materials.append(paint(name, colour))
    return thing

block("room", (0, 0, 1.5), (6, 6, 3), (0.6, 0.6, 0.6))
bpy.context.object.data.flip_normals()
block("box", (-0.9, 1.2, 0.5), (1, 1, 1), (0.6, 0.15, 0.1))
for name, x in (("left", -1.5), ("right", 1.5)):
    bpy.ops.object.light_add(type="POINT", location=(x, 0.5, 2.3))
    bpy.context.object.name, bpy.context.object.data.energy = name, 60
camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
camera.location, camera.rotation_euler = (0, -1.8, 1.5), (1.4, 0, 0)
bpy.context.collection.objects.link(camera)
bpy.context.scene.camera = camera
"""
SAVE = "bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])\n"


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The room, as a file of Blender's."""
    path = tmp_path_factory.mktemp("room") / "a.blend"
    in_blender(ROOM + SAVE, str(path))
    return path


def made(blend: Path, folder: Path, *controls: str) -> Manifest:
    asked = tuple(parse_control(text) for text in controls)
    return convert(blend, folder / "a.world", ConversionOptions(**QUICK, controls=asked))


def test_a_lamp_and_a_hue_are_read() -> None:
    assert parse_control("ceiling lamp.energy: -2 .. 1 stops") == LightRequest("ceiling lamp", "energy", -2.0, 1.0)
    assert parse_control("paint.001.hue:-90..90") == LightRequest("paint.001", "hue", -90.0, 90.0)
    assert isinstance(parse_control("Door.rotation_z:0..90 degrees"), MotionRequest)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lamp.energy:1..-1", "a range that rises"),
        ("lamp.energy:-1..99", "within -8..8 stops"),
        ("lamp.energy:-1..1 degrees", "in stops"),
        ("paint.hue:0..90", "as wide to either side"),
        ("paint.hue:-200..200", "180 at most"),
        ("lamp.energy:bright", "LAMP.energy"),
        ("lamp", "LAMP.energy"),
        ("Door.rotation_z:0..1 m", "a rotation in degrees"),
    ],
)
def test_other_words_are_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        parse_control(text)


def test_motion_and_light_together_are_refused_before_any_work() -> None:
    asked = tuple(parse_control(text) for text in ("Door.rotation_z:0..90", "lamp.energy:-1..1"))
    with pytest.raises(InvalidValue, match="motions, or light and colours"):
        ConversionOptions(controls=asked)


@pytest.mark.blender
@pytest.mark.slow
def test_lamps_and_a_hue_are_drawn_as_cycles_lights_them(blend: Path, tmp_path: Path) -> None:
    manifest = made(blend, tmp_path, "left.energy:-3..1 stops", "right.energy:-3..1", "box.hue:-120..120 degrees")
    assert [moved.name for moved in manifest.controls[6:]] == ["left.energy", "right.energy", "box.hue"]
    assert manifest.fidelity is not None
    assert np.median(manifest.fidelity.matte) > 24
    assert np.median(manifest.fidelity.lit) > 24
    z = np.zeros((4, 9))
    z[1, 6], z[2, 7], z[3, 8] = 1.0, 1.0, 2.0
    with Scene(file=str(tmp_path / "a.world"), size=64) as world:
        rest, left, right, painted = world.observe(z).astype(int)
        halves = slice(None, 32), slice(32, None)
        gain = np.array([[(lit - rest)[:, half].mean() for half in halves] for lit in (left, right)])
        assert (gain > 2).all()
        assert gain[0, 0] > gain[0, 1]
        assert gain[1, 1] > gain[1, 0]
        changed = np.abs(painted - rest).max(axis=2) > 20
        assert 20 < changed.sum() < 1000
        assert rest[changed].mean(axis=0).argmax() == 0
        assert painted[changed].mean(axis=0).argmax() != 0
        assert world.fingerprint["light"] == manifest.light.separate
        check_world(world)
    assert read_manifest(tmp_path / "a.world") == manifest
    (tmp_path / "a.world" / "light.npz").write_bytes(b"another")
    with pytest.raises(DamagedData, match=r"light\.npz is not the light"):
        read_manifest(tmp_path / "a.world")


@pytest.mark.blender
@pytest.mark.slow
def test_what_there_is_not_and_what_is_grey_is_refused(blend: Path, tmp_path: Path) -> None:
    with pytest.raises(BlenderFailed, match=r"no lamp 'middle'.*'left'"):
        made(blend, tmp_path, "middle.energy:-1..1")
    with pytest.raises(BlenderFailed, match=r"no material 'gold'.*box"):
        made(blend, tmp_path, "gold.hue:-90..90")
    with pytest.raises(WorldprobeError, match="the material is grey"):
        made(blend, tmp_path, "room.hue:-90..90")
    assert not (tmp_path / "a.world").exists()
