"""Where the camera is put in a scene without one: inside a room, and before a thing that is no room."""

from __future__ import annotations

import numpy as np

from worldprobe.render.ray_casting import RayCaster
from worldprobe.world.scene.viewpoint import chosen_rest

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
OUTWARDS = np.array([
    (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4),
    (1, 5, 7), (1, 7, 3),
])  # fmt: skip


def boxes(*placed: tuple[tuple[float, float, float], tuple[float, float, float], bool]) -> RayCaster:
    """Boxes by centre and half sides; those that face inwards are rooms."""
    positions = [np.array(at) + CORNERS * sides for at, sides, _ in placed]
    faces = [(OUTWARDS[:, ::-1] if inwards else OUTWARDS) + 8 * k for k, (_, _, inwards) in enumerate(placed)]
    return RayCaster(np.concatenate(positions), np.concatenate(faces))


def test_a_room_is_seen_from_inside() -> None:
    rest = chosen_rest(boxes(((0, 0, 1.5), (3, 3, 1.5), True), ((1, 1, 0.4), (0.4, 0.4, 0.4), False)))
    assert rest.chosen_by.startswith("the tool: inside")
    assert np.all(np.abs(rest.at - [0, 0, 1.5]) < [3, 3, 1.5])


def test_solid_things_are_seen_from_before_them() -> None:
    body, legs = ((0, 0, 1.5), (1.0, 0.4, 0.4), False), [((x, 0, 0.5), (0.1, 0.1, 0.6), False) for x in (-0.8, 0.8)]
    rest = chosen_rest(boxes(body, *legs))
    assert rest.chosen_by.startswith("the tool: before")
    assert not np.all(np.abs(rest.at - [0, 0, 1]) < [1.0, 0.4, 1])
