"""Baked files: the shipped ones are what their recipes make, and a baked file says what made it."""

import importlib.util
import sys

import numpy as np
import pytest

from worldprobe.errors import BlenderFailed, DamagedData, MissingDependency
from worldprobe.render.glb import read_glb
from worldprobe.world import blender_child
from worldprobe.world.room import bake, child
from worldprobe.world.room.bake import SHIPPED, BakeSettings, baked_glb, hero_still, recipe
from worldprobe.world.room.blueprint import blueprint
from worldprobe.world.room.export_glb import read_extras, write_glb

pytestmark = pytest.mark.slow


@pytest.fixture(params=["room", "symmetric"])
def room(request):
    return request.param


@pytest.fixture
def without_blender(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_the_shipped_file_records_todays_recipe(room, without_blender):
    assert read_extras(SHIPPED / f"{room}.glb")["recipe"] == recipe(blueprint(room), BakeSettings())
    assert baked_glb(room) == SHIPPED / f"{room}.glb"
    assert (SHIPPED / f"{room}.glb").stat().st_size < 2_000_000


def test_the_shipped_geometry_is_the_blueprints(room):
    (part,) = read_glb(SHIPPED / f"{room}.glb")
    mesh = blueprint(room).mesh
    matrix = part.to_world
    np.testing.assert_allclose(part.positions @ matrix[:3, :3].T + matrix[:3, 3], mesh.vertices, atol=1e-5)
    np.testing.assert_array_equal(part.triangles, mesh.triangles)
    np.testing.assert_allclose(part.uv, mesh.uv, atol=1e-6)


def test_the_shipped_light_is_neither_dark_nor_burnt(room):
    (part,) = read_glb(SHIPPED / f"{room}.glb")
    image = part.material.image
    assert 60 < image.mean() < 200
    assert (image.min(axis=-1) == 255).mean() < 0.03


def test_the_hero_still_ships_with_its_room(room, without_blender):
    assert hero_still(room).shape == (720, 1280, 3)


def test_what_is_written_is_what_is_read(tmp_path):
    mesh = blueprint("symmetric").mesh
    picture = np.random.default_rng(0).integers(0, 256, size=(16, 16, 3), dtype=np.uint8)
    write_glb(tmp_path / "a.glb", mesh, picture, {"recipe": "abc"})
    (part,) = read_glb(tmp_path / "a.glb")
    np.testing.assert_array_equal(part.material.image, picture)
    assert read_extras(tmp_path / "a.glb") == {"recipe": "abc"}
    (tmp_path / "a.glb").write_bytes((tmp_path / "a.glb").read_bytes()[:-1])
    with pytest.raises(DamagedData, match="not a whole binary glTF"):
        read_extras(tmp_path / "a.glb")


def test_another_recipe_needs_blender_and_says_how_to_get_it(without_blender, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path))
    with pytest.raises(MissingDependency, match=r'pip install "worldprobe\[room\]"'):
        baked_glb("room", BakeSettings(samples=1))


def test_a_cached_bake_is_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path))
    made = []

    def pretend(plan, path, settings):
        made.append(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"baked")

    monkeypatch.setattr(bake, "bake", pretend)
    first, second = (baked_glb("room", BakeSettings(samples=1)) for _ in range(2))
    assert first == second
    assert len(made) == 1


@pytest.mark.blender
def test_a_failing_blender_shows_its_last_lines():
    with pytest.raises(BlenderFailed, match="Unknown room 'cellar'"):
        child.BlenderProcess("cellar")


def test_a_blender_that_dies_shows_its_last_lines(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'no libXrender.so.1' >&2\nexit 127\n")
    script.chmod(0o755)
    monkeypatch.setattr(blender_child, "blender_version", lambda: "0")
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(BlenderFailed, match=r"(?s)exit status 127.*no libXrender"):
        child.BlenderProcess("room")
