"""The rooms as data: free for the camera, whole, unwrapped without overlap, and symmetric where they promise it."""

import dataclasses

import numpy as np
import pytest

from worldprobe._util.colour import linear_from_srgb, srgb_from_linear
from worldprobe.errors import UnknownName
from worldprobe.world import WORLDS
from worldprobe.world.room.atlas import PADDING, filled, unwrapped
from worldprobe.world.room.blueprint import blueprint, quarter_turn, room_names
from worldprobe.world.room.paints import Paint
from worldprobe.world.room.shapes import box, turned

NEAR_MARGIN = 0.08  # metres between the camera and any surface; the near plane is at 0.02
ROOM_WORLDS = ("room", "room-scoped", "room-symmetric")


@pytest.fixture(params=["room", "symmetric"])
def plan(request):
    return blueprint(request.param)


def touches_box(corners, centre, half):
    """Whether triangles (F, 3, 3) meet an axis-aligned box: the separating axis theorem."""
    p = corners - centre
    edges = np.roll(p, -1, axis=1) - p
    crossed = [np.cross(edges[:, k], axis) for k in range(3) for axis in np.eye(3)]
    flat = [np.tile(axis, (len(p), 1)) for axis in np.eye(3)] + [np.cross(edges[:, 0], edges[:, 1])]
    apart = np.zeros(len(p), dtype=bool)
    for axis in crossed + flat:
        along = np.einsum("fkc,fc->fk", p, axis)
        reach = np.abs(axis) @ half
        apart |= (along.min(axis=1) > reach) | (along.max(axis=1) < -reach)
    return ~apart


def test_touching_is_told_from_passing_by():
    corner_cut = np.array([[[1.5, 0, 0], [0, 1.5, 0], [0, 0, 4.0]], [[2.5, 0, 0], [0, 2.5, 0], [0, 0, 9.0]]])
    assert touches_box(corner_cut, np.zeros(3), np.ones(3)).tolist() == [True, False]


def test_nothing_stands_where_the_camera_can_go(plan):
    corners = plan.mesh.vertices[plan.mesh.triangles]
    meets = touches_box(corners, np.array(plan.rest), np.array(plan.reach) + NEAR_MARGIN)
    assert not meets.any(), corners[meets][:3]
    low, high = plan.mesh.vertices.min(axis=0), plan.mesh.vertices.max(axis=0)
    assert (low < np.array(plan.rest) - plan.reach).all()
    assert (high > np.array(plan.rest) + plan.reach).all()


@pytest.mark.parametrize("name", ROOM_WORLDS)
def test_no_control_value_leaves_the_free_box(name):
    world = WORLDS[name]()
    z = 50 * np.random.default_rng(0).choice([-1.0, 1.0], size=(64, len(world.controls)))
    away = np.abs(world.cameras(z)[:, :3, 3] - world.plan.rest)
    assert (away <= np.array(world.plan.reach) + 1e-9).all()


def test_every_triangle_faces_the_way_of_its_normals(plan):
    mesh = plan.mesh
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    agree = np.einsum("fc,fc->f", faces, mesh.normals[mesh.triangles].mean(axis=1))
    assert (np.linalg.norm(faces, axis=1) > 1e-9).all()
    assert (agree > 0).all(), mesh.vertices[mesh.triangles[agree <= 0]][:3]
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-9)


def test_a_room_is_a_few_thousand_triangles(plan):
    assert 2000 <= len(plan.mesh.triangles) <= 5000


def test_charts_keep_their_distance_in_the_atlas(plan):
    taken = np.zeros((plan.atlas_size, plan.atlas_size), dtype=int)
    for uv in plan.uv:
        low = np.round(uv.min(axis=0) * plan.atlas_size).astype(int)
        high = np.round(uv.max(axis=0) * plan.atlas_size).astype(int)
        assert (low >= PADDING).all()
        assert (high <= plan.atlas_size - PADDING).all()
        taken[low[1] - PADDING : high[1] + PADDING, low[0] - PADDING : high[0] + PADDING] += 1
    assert taken.max() == 1
    assert taken.mean() > 0.8


def test_unwrapping_keeps_shapes_in_proportion():
    charts = box((0, 0, 0), (2, 1, 0.5), Paint()) + turned([(0.2, 0), (0.2, 1.0)], Paint())
    coordinates, density = unwrapped(charts, 256)
    for chart, uv in zip(charts, coordinates, strict=True):
        texels = (uv.max(axis=0) - uv.min(axis=0)) * 256
        np.testing.assert_allclose(texels, chart.flat.max(axis=0) * density, atol=1.0)


def test_gaps_take_the_nearest_colour_and_charts_keep_theirs():
    pixels, covered = np.zeros((8, 8, 3)), np.zeros((8, 8), dtype=bool)
    pixels[0, 0], pixels[7, 7] = 1.0, 2.0
    covered[0, 0] = covered[7, 7] = True
    whole = filled(pixels, covered)
    assert whole[1, 2, 0] == 1.0
    assert whole[6, 5, 0] == 2.0


def test_display_encoding_and_linear_light_are_inverse():
    values = np.linspace(0, 1, 256)[:, None] * np.ones(3)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-12)
    assert srgb_from_linear(np.array([7.0]))[0] == srgb_from_linear(np.ones(1))[0]


def test_a_quarter_turn_maps_the_symmetric_room_onto_itself():
    mesh = blueprint("symmetric").mesh
    here = np.concatenate([mesh.vertices, mesh.normals, mesh.uv], axis=1)
    turned_about = np.concatenate(
        [mesh.vertices @ quarter_turn(1).T, mesh.normals @ quarter_turn(1).T, mesh.uv], axis=1
    )
    assert {tuple(v) for v in np.round(here, 9) + 0.0} == {tuple(v) for v in np.round(turned_about, 9) + 0.0}


def test_the_symmetric_rooms_lamps_are_symmetric():
    lamps = blueprint("symmetric").lamps
    at = {(*np.round(lamp.at, 9), lamp.power) for lamp in lamps}
    assert at == {(*np.round(quarter_turn(1) @ lamp.at, 9) + 0.0, lamp.power) for lamp in lamps}


def test_the_recipe_follows_shapes_paints_and_lamps():
    plan = blueprint("symmetric")
    moved = (dataclasses.replace(plan.charts[0], vertices=plan.charts[0].vertices + 0.001), *plan.charts[1:])
    painted = (dataclasses.replace(plan.charts[0], paint=Paint("#123456")), *plan.charts[1:])
    dimmed = (dataclasses.replace(plan.lamps[0], power=1.0), *plan.lamps[1:])
    elsewhere = (dataclasses.replace(plan.lamps[0], at=(0.01, 0.0, 2.9)), *plan.lamps[1:])
    changes = {"charts": moved}, {"charts": painted}, {"lamps": dimmed}, {"lamps": elsewhere}
    others = [dataclasses.replace(plan, **change) for change in changes]
    assert dataclasses.replace(plan).recipe == plan.recipe
    assert len({plan.recipe, *(other.recipe for other in others)}) == 5


def test_an_unknown_room_is_named_with_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'symmetric'"):
        blueprint("symetric")
    assert room_names() == ["room", "symmetric"]
