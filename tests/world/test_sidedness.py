"""Backs that are never seen: of closed surfaces from outside, of rooms from inside, of what faces every place."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.world.scene.sidedness import front_only

CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64)
FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
OUTWARDS = np.concatenate([FACES[:, [0, 1, 2]], FACES[:, [0, 2, 3]]])
BOX = CUBE * 0.2


def test_the_cube_of_these_tests_faces_outwards() -> None:
    corners = CUBE[OUTWARDS]
    assert (corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])).sum() == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("at", "inwards", "expected"),
    [
        ((3.0, 0.3, 0.2), False, True),  # a thing, seen from outside
        ((0.4, 0.4, 0.4), True, True),  # a room, seen from inside
        ((0.4, 0.4, 0.4), False, False),  # a box that is turned outwards around the camera
    ],
)
def test_closed_surfaces_hide_their_backs(at: tuple[float, ...], inwards: bool, expected: bool) -> None:
    triangles = OUTWARDS[:, ::-1] if inwards else OUTWARDS
    assert front_only(CUBE, triangles, BOX + np.array(at)).all() == expected


def test_a_thing_that_is_turned_inside_out_shows_its_back() -> None:
    found = front_only(CUBE, OUTWARDS[:, ::-1], BOX + np.array([3.0, 0.3, 0.2]))
    assert not found.all()


def test_a_hole_or_a_triangle_turned_round_opens_a_surface() -> None:
    far = BOX + np.array([3.0, 0.3, 0.2])
    assert not front_only(CUBE, OUTWARDS[:-1], far).all()
    turned = OUTWARDS.copy()
    turned[3] = turned[3, ::-1]
    assert not front_only(CUBE, turned, far).all()


def test_a_wall_shows_its_front_to_those_before_it_and_may_show_both_to_others() -> None:
    wall, triangle = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float64), np.array([[0, 1, 2]])  # faces +x
    assert front_only(wall, triangle, BOX + np.array([1.0, 0, 0])).all()
    assert not front_only(wall, triangle, BOX - np.array([1.0, 0, 0])).any()
    assert not front_only(wall, triangle, BOX - np.array([0.1, 0, 0])).any()


def test_corners_that_are_at_one_place_are_one_and_pieces_are_judged_alone() -> None:
    apart = CUBE[OUTWARDS].reshape(-1, 3)  # no two triangles share a vertex
    wall = np.array([[-5, 0, 0], [-5, 1, 0], [-5, 0, 1]], dtype=np.float64)[::-1]  # faces -x, away
    triangles = np.arange(len(apart) + 3).reshape(-1, 3)
    found = front_only(np.concatenate([apart, wall]), triangles, BOX + np.array([3.0, 0.3, 0.2]))
    assert found.tolist() == [True] * 12 + [False]
    assert front_only(wall, np.zeros((0, 3), dtype=np.int64), BOX).shape == (0,)
