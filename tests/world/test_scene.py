"""A scene of the user's own, from its file to frames: what is opened, what is drawn, what is refused."""

import os

import numpy as np
import pytest

from world.scenes import QUICK, attic
from worldprobe.contracts.world_contract import check_world
from worldprobe.errors import BlenderFailed, DamagedData, InvalidValue, WorldprobeError
from worldprobe.study import load_study
from worldprobe.world.scene import Scene
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.convert import convert
from worldprobe.world.scene.light_texture import doubled
from worldprobe.world.scene.manifest import Manifest, read_manifest, write_manifest
from worldprobe.world.world import open_world

pytestmark = [pytest.mark.blender, pytest.mark.slow]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    convert(attic(folder), folder / "attic.world", ConversionOptions(**QUICK))
    return folder / "attic.world"


def test_a_scene_keeps_what_every_world_promises(made):
    check_world(str(made))


def test_what_is_drawn_is_what_cycles_renders(made):
    fidelity = read_manifest(made).fidelity
    assert np.median(fidelity.matte) > 24
    assert np.median(fidelity.original) > 22


def test_the_camera_rests_where_the_files_own_does(made):
    camera = read_manifest(made).camera
    np.testing.assert_allclose(
        [*camera.at, camera.yaw, camera.pitch, camera.roll], [0, -0.9, 1.35, -8, -4, 0], atol=1e-3
    )
    assert camera.chosen_by == "the file's camera 'camera'"


def test_no_draw_of_the_controls_leaves_the_free_box(made):
    with Scene(file=str(made)) as world:
        z = np.random.default_rng(0).standard_normal((2000, 6)) * 4
        away = np.abs(world.cameras(z)[:, :3, 3] - world.manifest.camera.at)
        assert away[:, 0].max() < 2.5
        assert away[:, 2].max() < world.manifest.controls[1].limit


def test_materials_that_cannot_be_baked_are_named(made):
    treatments = {surface.name: surface.treatment for surface in read_manifest(made).materials}
    assert treatments["brass"] == "glossy made matte"
    assert treatments["glass"] == "clear, left out"
    assert treatments["oak"] == "matte"
    assert {lamp.name for lamp in read_manifest(made).lamps} == {"sun", "ceiling lamp"}


def test_a_path_stands_for_a_world_wherever_a_name_does(made):
    assert isinstance(open_world(str(made)), Scene)
    study = load_study("camera", [f"world={made}"])
    assert isinstance(study.world, Scene)
    study = load_study(str(made))
    assert (study.name, study.title) == ("attic", "The camera in attic")
    assert not study.hypotheses


def test_a_manifest_is_data_and_checked(made, tmp_path):
    manifest = read_manifest(made)
    text = (made / "manifest.yaml").read_text()
    write_manifest(tmp_path, manifest)
    (tmp_path / "scene.glb").write_bytes((made / "scene.glb").read_bytes()[:-1])
    with pytest.raises(DamagedData, match="not the scene"):
        read_manifest(tmp_path)
    (tmp_path / "scene.glb").write_bytes((made / "scene.glb").read_bytes())
    for broken, said in (
        (text.replace("name: truck", "name: yaw"), "each control is one of"),
        (text.replace("fov: ", "fov: 5"), "camera.fov"),
        (text + "more: 1\n", "more"),
        (text.replace("format: 1", "format: 2"), "format"),
        ("!!python/object/apply:os.system ['id']", "tag"),
        ("a: &a [*a]", "anchor"),
    ):
        (tmp_path / "manifest.yaml").write_text(broken)
        with pytest.raises(WorldprobeError, match=said):
            read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["scene.exe", "scene"])
def test_other_kinds_of_files_are_refused_before_any_work(name, tmp_path):
    with pytest.raises(InvalidValue, match="a file that Blender opens"):
        convert(tmp_path / name, tmp_path / "a.world", ConversionOptions())


def test_a_pipe_is_no_scene(tmp_path):
    os.mkfifo(tmp_path / "scene.blend")
    with pytest.raises(WorldprobeError, match="not a plain file"):
        convert(tmp_path / "scene.blend", tmp_path / "a.world", ConversionOptions())


def test_a_folder_that_is_no_world_is_not_replaced(tmp_path):
    (tmp_path / "scene.blend").write_bytes(b"x")
    (tmp_path / "a.world").mkdir()
    with pytest.raises(WorldprobeError, match="is no world"):
        convert(tmp_path / "scene.blend", tmp_path / "a.world", ConversionOptions())


def test_a_scene_over_its_budget_is_refused_and_told_how_to_fit(tmp_path):
    with pytest.raises(WorldprobeError, match=r"1,960 triangles, more than the 1,000.*--decimate"):
        convert(attic(tmp_path), tmp_path / "a.world", ConversionOptions(triangles=1000, **QUICK))
    assert not (tmp_path / "a.world").exists()


def test_the_child_is_killed_at_its_limit(tmp_path):
    with pytest.raises(BlenderFailed, match=r"had not finished after 0\.02 minutes"):
        convert(attic(tmp_path), tmp_path / "a.world", ConversionOptions(minutes=0.02))


def test_doubling_keeps_the_mean_and_straight_lines():
    image = np.random.default_rng(0).random((6, 4, 3))
    assert doubled(image).shape == (12, 8, 3)
    ramp = np.arange(8.0)[:, None, None] * np.ones((1, 4, 3))
    np.testing.assert_allclose(doubled(ramp)[1:-1, 0, 0], np.arange(14) / 2 + 0.25)


def test_a_manifest_holds_whole_numbers_as_real_ones():
    assert Manifest.model_fields["far"].annotation is float


def test_settings_are_added_to_a_world_that_is_given_by_its_path(made):
    assert load_study("camera", [f"world={made}", "world.size=16"]).world.size == 16
    assert load_study(str(made), ["world.size=48"]).world.size == 48
