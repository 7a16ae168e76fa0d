"""Lights and paints are shown as colours, and what controls move or light is so in a session's picture from outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worldprobe.playing.drawn_values import bars_html
from worldprobe.playing.outside_view import outside_view, scenery
from worldprobe.playing.palette import css
from worldprobe.playing.playable import Moment, PlayedWorld
from worldprobe.playing.session import Actor, Session, staged
from worldprobe.playing.session_loop import picture
from worldprobe.playing.session_page import contents
from worldprobe.render.glb import GlbPart
from worldprobe.render.glb_writer import write_parts
from worldprobe.render.gltf_surface import Material
from worldprobe.world import WORLDS, Control, Room, World

LIT = ["yaw", "sun", "sofa-hue"]
Z = np.array([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 2.0]])


@pytest.fixture(scope="module")
def session() -> Session:
    """Three states of the lit room, and an encoder that believes them to be in the other order."""
    subject = PlayedWorld(WORLDS["room-lit"].model_validate({"size": 16, "controls": LIT}))
    try:
        seen = subject.observe([Moment(z) for z in Z])
        actors = [Actor("true", (255, 255, 255), None, Z), Actor("other", (255, 0, 0), 0.5, Z[::-1])]
        return staged(Session("t", "p", tuple(subject.controls), seen, actors), subject)
    finally:
        subject.close()


@pytest.mark.slow
def test_light_and_colour_change_the_picture_from_outside(session: Session) -> None:
    assert session.scene is not None
    dim, bright, repainted = session.scene.astype(float)
    assert bright.mean() > 1.1 * dim.mean()
    assert 0.002 < (np.abs(repainted - bright).max(axis=2) > 8).mean() < 0.5


@pytest.mark.slow
def test_every_actor_has_a_swatch_of_every_light_and_paint(session: Session) -> None:
    assert set(session.swatches) == {"sun", "sofa-hue"}
    sun = session.swatches["sun"].astype(int)
    assert (sun[0, 0] < sun[0, 1]).all()
    np.testing.assert_array_equal(sun[1], sun[0, ::-1])
    written = contents(session)
    assert written["controls"][0]["swatches"] == []
    assert written["controls"][1]["swatches"][0] == [css((r, g, b)) for r, g, b in sun[0].tolist()]
    assert len(written["scene"]["uris"]) == 3


@pytest.mark.slow
def test_the_loop_shows_them(session: Session) -> None:
    shown, colour = np.asarray(picture(session, 2)), session.swatches["sofa-hue"][0, 2]
    assert (shown == colour).all(axis=2).sum() > 100
    assert isinstance(picture(session, 0), Image.Image)


@pytest.mark.slow
def test_one_picture_is_enough_where_the_camera_alone_moves() -> None:
    with Room(size=16) as room:
        world = PlayedWorld(room)
        assert scenery(world, outside_view(world, 60, 48), np.zeros((3, 6))).shape == (1, 48, 60, 3)


def test_what_a_control_moves_moves_in_the_pictures(tmp_path: Path) -> None:
    square = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]], dtype=np.float64)
    floor = np.array([[-9, -9, -2], [9, -9, -2], [9, 9, -2], [-9, 9, -2]], dtype=np.float64)
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    parts = [
        GlbPart(name, corners, corners[:, :2], triangles, Material(colour=colour), np.eye(4))
        for name, corners, colour in (("floor", floor, (0.2, 0.2, 0.2)), ("door", square, (1.0, 0.0, 0.0)))
    ]
    write_parts(tmp_path / "scene.glb", parts, {})

    class Sliding(World):
        controls = property(lambda self: (Control("x", "m", 1.0, ""),))
        observation_shape = property(lambda self: (8, 8, 3))
        glb = property(lambda self: tmp_path / "scene.glb")
        moving = property(lambda self: ("door",))
        fingerprint = property(lambda self: {})

        def observe(self, z: np.ndarray) -> np.ndarray:
            return np.zeros((len(z), 8, 8, 3), dtype=np.uint8)

        def cameras(self, z: np.ndarray) -> np.ndarray:
            pose = np.array([[1.0, 0, 0, 0], [0, 0, -1, -4], [0, 1, 0, 0], [0, 0, 0, 1]])
            return np.repeat(pose[None], len(z), axis=0)

        def part_poses(self, z: np.ndarray) -> dict[str, np.ndarray]:
            poses = np.repeat(np.eye(4)[None], len(z), axis=0)
            poses[:, 0, 3] = z[:, 0]
            return {"door": poses}

    world = PlayedWorld(Sliding())
    pictures = scenery(world, outside_view(world, 60, 48), np.array([[0.0], [2.0]])).astype(int)
    columns = [np.nonzero((one[:, :, 0] > 150) & (one[:, :, 1] < 50))[1] for one in pictures]
    assert all(len(found) > 10 for found in columns)
    assert columns[1].mean() > columns[0].mean() + 2


def test_bars_have_swatches_in_the_order_of_their_rows() -> None:
    controls = [Control(name, "", 1.0, "") for name in ("yaw", "sun")]
    colours = {"sun": np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)}
    found = bars_html(controls, np.zeros(2), [((9, 9, 9), np.ones(2))], colours)
    assert found.count("wp-swatch") == 2
    assert found.index("rgb(1,2,3)") < found.index("rgb(4,5,6)")
    plain = bars_html(controls, np.zeros(2), [((9, 9, 9), np.ones(2))])
    assert "wp-swatch" not in plain
