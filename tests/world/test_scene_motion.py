"""Motion of objects as controls: what is asked for, what follows it, and that it is drawn as Blender moves it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from world.scenes import QUICK, in_blender
from worldprobe.errors import BlenderFailed, InvalidValue, WorldprobeError
from worldprobe.playing.scene_parts import moving_scenes, still_scene
from worldprobe.render.glb import read_glb
from worldprobe.world.scene import Scene
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.convert import FRONTS, convert
from worldprobe.world.scene.manifest import Manifest, read_manifest
from worldprobe.world.scene.motion import followers, poses, rigid_motion
from worldprobe.world.scene.motion_request import MotionRequest

ROOM = """
def paint(name, colour):
    made = bpy.data.materials.new(name)
    made.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*colour, 1)
    made.node_tree.nodes["Principled BSDF"].inputs["Specular IOR Level"].default_value = 0
    return made

def block(name, at, size, colour, parent=None):
    bpy.ops.mesh.primitive_cube_add(size=1, location=at)
    thing = bpy.context.object
    thing.name = name
    for vertex in thing.data.vertices:
        vertex.co = [c * s for c, s in zip(vertex.co, size)]
    thing.data.materials.append(paint(name, colour))
    thing.parent = parent
    return thing

block("room", (0, 0, 1.5), (6, 6, 3), (0.7, 0.7, 0.65))
bpy.context.object.data.flip_normals()
frame = bpy.data.objects.new("frame", None)
frame.location, frame.rotation_euler, frame.scale = (-1, 1.5, 0), (0, 0, 0.3), (2, 2, 2)
bpy.context.collection.objects.link(frame)
bpy.ops.object.light_add(type="POINT", location=(0, 0, 0))
lamp = bpy.context.object
lamp.data.energy, lamp.parent, lamp.location = 150, frame, (0.5, -0.8, 1.2)
camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
camera.location, camera.rotation_euler = (0, -1.8, 1.5), (1.5, 0, 0)
bpy.context.collection.objects.link(camera)
bpy.context.scene.camera = camera
bpy.context.scene.view_settings.view_transform = "Standard"
"""
DOOR = """
door = block("door", (0, 0, 0.5), (0.8, 0.04, 1), (0.7, 0.2, 0.1), frame)
for vertex in door.data.vertices:
    vertex.co.x += 0.4
door.rotation_mode = "QUATERNION"
flap = block("flap", (0.4, 0, 0.2), (0.2, 0.06, 0.2), (0.1, 0.3, 0.7), door)
block("knob", (0, 0, 0.05), (0.05, 0.2, 0.05), (0.9, 0.9, 0.1), flap)
"""
SKINNED = """
bpy.ops.object.armature_add(location=(0, 1, 0))
rig = bpy.context.object
rig.name = "rig"
tube = block("tube", (0, 1, 0.5), (0.2, 0.2, 1), (0.2, 0.6, 0.2))
tube.modifiers.new("bend", "ARMATURE").object = rig
group = tube.vertex_groups.new(name="Bone")
group.add([v.index for v in tube.data.vertices if v.co.z > 0], 1.0, "ADD")
hook = block("hook", (0, 0, 0.2), (0.1, 0.1, 0.1), (0.9, 0.1, 0.1))
hook.parent, hook.parent_type, hook.parent_bone = rig, "BONE", "Bone"
"""
SAVE = "bpy.ops.wm.save_as_mainfile(filepath=sys.argv[1])\n"


def request(text: str) -> MotionRequest:
    return MotionRequest.parse(text)


def made(folder: Path, script: str, *controls: str) -> Manifest:
    in_blender(ROOM + script + SAVE, str(folder / "a.blend"))
    asked = tuple(request(text) for text in controls)
    return convert(folder / "a.blend", folder / "a.world", ConversionOptions(**QUICK, controls=asked))


@pytest.mark.parametrize(
    ("text", "target", "low", "high"),
    [
        ("Door.rotation_z:0..90 degrees", "Door", 0, 90),
        ("Door.001.rotation_X: -45 .. +4.5e1", "Door.001", -45, 45),
        ("rig/upper arm.L.location_y:-.5..0.5 m", "rig/upper arm.L", -0.5, 0.5),
    ],
)
def test_a_motion_is_read(text: str, target: str, low: float, high: float) -> None:
    found = request(text)
    assert (found.target, found.low, found.high) == (target, low, high)
    assert found.values[0] == low
    assert found.values[-1] == high
    assert found.values[2] == found.centre


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Door", "OBJECT.rotation_z"),
        ("Door.scale_x:0..1", "OBJECT.rotation_z"),
        ("Door.rotation_z:90..0", "a range that rises"),
        ("Door.rotation_z:0..720", "at most 360 degrees"),
        ("Door.rotation_z:0..1 m", "a rotation in degrees"),
        ("Door.rotation_z:0..nan", "OBJECT.rotation_z"),
    ],
)
def test_other_words_are_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        request(text)


def hinge(angles: np.ndarray, axis: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Matrices of a thing on a hinge, by Rodrigues' formula."""
    cross = np.cross(np.eye(3), axis)
    found = np.tile(np.eye(4), (len(angles), 1, 1))
    for k, angle in enumerate(np.radians(angles)):
        turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        found[k, :3, :3], found[k, :3, 3] = turn * 1.7, point + turn @ np.array([0.3, 0.1, -0.2])
    return found


@pytest.mark.parametrize("text", ["a.rotation_z:0..360", "a.rotation_z:-20..5", "a.rotation_z:0..1"])
def test_the_axis_of_a_turn_is_found_whatever_its_range(text: str) -> None:
    asked, axis, point = request(text), np.array([0.6, -0.48, 0.64]), np.array([1.0, -2.0, 0.5])
    frames = hinge(np.array(asked.values), axis, point)
    motion = rigid_motion(asked, frames)
    np.testing.assert_allclose(motion.axis, axis, atol=1e-6)
    np.testing.assert_allclose(poses(motion, np.array(asked.values)) @ frames[2], frames, atol=1e-6)


def test_what_bends_is_refused_and_what_stands_still_is_no_control() -> None:
    asked = request("a.location_x:0..1")
    frames = np.tile(np.eye(4), (5, 1, 1))
    frames[:, 0, 3] = asked.values
    motion = rigid_motion(asked, frames)
    thing = np.random.default_rng(0).random((6, 3))
    owner_of = np.array([0, 0, 0, 1, 1, 1])
    places = np.stack([thing + np.outer(owner_of == 1, [value - asked.centre, 0, 0]) for value in asked.values])
    assert followers(asked, motion, places, owner_of, ["wall", "box"]) == {"box"}
    with pytest.raises(WorldprobeError, match="nothing that is seen moves"):
        followers(asked, motion, places[[2] * 5], owner_of, ["wall", "box"])
    places[-1, 4, 1] += 0.1
    with pytest.raises(WorldprobeError, match="'box' bends"):
        followers(asked, motion, places, owner_of, ["wall", "box"])


@pytest.mark.blender
@pytest.mark.slow
def test_a_door_and_the_flap_in_it_move_as_in_blender(tmp_path: Path) -> None:
    manifest = made(tmp_path, DOOR, "flap.rotation_x:-80..80 degrees", "door.rotation_z:0..90 degrees")
    assert [moved.name for moved in manifest.controls[6:]] == ["door.rotation_z", "flap.rotation_x"]
    assert [part.controls for part in manifest.parts] == [["door.rotation_z"], ["door.rotation_z", "flap.rotation_x"]]
    assert manifest.fidelity is not None
    assert np.median(manifest.fidelity.matte) > 24
    assert np.median(manifest.fidelity.moved) > 20  # its light is that of the middle of its range
    assert np.median(manifest.fidelity.original) > 24  # the lamp hangs on what is removed, and stays where it is
    z = np.zeros((3, 8))
    z[1, 6], z[2, 7] = 1.0, 1.0
    with Scene(file=str(tmp_path / "a.world"), size=64) as world:
        still, opened, flapped = world.observe(z).astype(int)
        assert (np.abs(opened - still).max(axis=2) > 20).sum() > 100
        assert 0 < (np.abs(flapped - still).max(axis=2) > 20).sum() < (np.abs(opened - still).max(axis=2) > 20).sum()
        assert world.controls[6].physical(np.zeros(1))[0] == 45.0
        assert "motions" in world.fingerprint


@pytest.mark.blender
@pytest.mark.slow
def test_what_a_bone_carries_moves_and_what_it_bends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldprobeError, match="'tube' bends"):
        made(tmp_path, SKINNED, "rig/Bone.rotation_x:-30..30")
    manifest = made(tmp_path, SKINNED.replace('"ADD"', '"SUBTRACT"'), "rig/Bone.rotation_x:-30..30")
    assert [part.controls for part in manifest.parts] == [["rig/Bone.rotation_x"]]
    assert (
        "light was baked with rig/Bone.rotation_x at 0 degrees: frames with it elsewhere are approximate"
        in manifest.notes
    )
    assert read_manifest(tmp_path / "a.world") == manifest


@pytest.mark.blender
@pytest.mark.slow
def test_an_object_that_there_is_not_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BlenderFailed, match=r"called 'gate'\. There are .*'?door"):
        made(tmp_path, DOOR, "gate.rotation_z:0..90")
    assert not (tmp_path / "a.world").exists()


def test_motion_needs_blender(tmp_path: Path) -> None:
    (tmp_path / "a.glb").write_bytes(b"")
    options = ConversionOptions(bake=False, controls=(request("a.rotation_z:0..9"),))
    with pytest.raises(InvalidValue, match="no-bake"):
        convert(tmp_path / "a.glb", tmp_path / "a.world", options)


@pytest.mark.blender
@pytest.mark.slow
def test_the_page_is_given_what_moves_apart_and_walls_that_face_inwards(tmp_path: Path) -> None:
    made(tmp_path, DOOR, "door.rotation_z:0..90 degrees")
    with Scene(file=str(tmp_path / "a.world")) as world:
        (tmp_path / "still.glb").write_bytes(still_scene(world))
        (moving,) = moving_scenes(world).values()
        (tmp_path / "moving.glb").write_bytes(moving)
        still = read_glb(tmp_path / "still.glb")
        assert [part.name for part in still if part.name != "sky"] == [FRONTS]
        assert not still[0].material.double_sided
        (door,) = read_glb(tmp_path / "moving.glb")
        assert door.material.double_sided
        everything = sum(len(part.triangles) for part in read_glb(world.glb))
        assert sum(len(part.triangles) for part in [*still, door]) == everything
        np.testing.assert_allclose(world.part_poses(np.zeros((1, 7)))[door.name], np.eye(4)[None], atol=1e-9)
