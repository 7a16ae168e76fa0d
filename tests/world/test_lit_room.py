"""The room that is relit: at rest it is the room, light adds up, hues turn, and controls are chosen by name."""

import hashlib

import numpy as np
import pytest
from pydantic import ValidationError

from worldprobe._util.colour import linear_from_srgb, turned_hue
from worldprobe.errors import InvalidValue
from worldprobe.render.lighting import Lighting
from worldprobe.render.raster import Raster
from worldprobe.render.relit import RelitScene
from worldprobe.world import WORLDS
from worldprobe.world.room.bake import SHIPPED, BakeSettings
from worldprobe.world.room.blueprint import blueprint
from worldprobe.world.room.lit_room import AVAILABLE, HUES
from worldprobe.world.room.separate_light import light_recipe, separate_light


def lit(size=32, **settings):
    return WORLDS["room-lit"].model_validate({"size": size, **settings})


def psnr(a, b):
    return 10 * np.log10(255**2 / np.maximum(((a.astype(float) - b) ** 2).mean(axis=(1, 2, 3)), 1e-9))


@pytest.mark.slow
def test_the_shipped_light_records_todays_recipe_and_is_small():
    shipped = SHIPPED / "room-light.npz"
    assert separate_light("room") == shipped
    assert shipped.stat().st_size < 1_500_000
    with np.load(shipped) as file:
        assert str(file["recipe"]) == light_recipe(blueprint("room"), BakeSettings())


@pytest.mark.slow
def test_at_rest_it_is_the_room():
    """Baked group by group and summed, the light is what was baked at once, but for noise and rounding."""
    z = np.random.default_rng(0).standard_normal((16, 6))
    with lit(controls=["truck", "pedestal", "dolly", "yaw", "pitch", "roll"]) as world, WORLDS["room"]() as room:
        assert np.median(psnr(world.observe(z), room.observe(z))) > 33


@pytest.mark.slow
def test_controls_are_chosen_by_name_and_their_order_does_not_matter():
    names = ["yaw", "truck", "sun", "sofa-hue"]
    z = np.random.default_rng(1).standard_normal((4, 4))
    with lit(controls=names) as world, lit(controls=names[::-1]) as other:
        assert [control.name for control in world.controls] == names
        np.testing.assert_array_equal(world.observe(z), other.observe(z[:, ::-1]))
        assert world.settings()["controls"] == names


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "told"),
    [(["yaw", "sofa-hug"], "sofa-hue"), (["yaw", "yaw"], "named more than once"), ([], "at least 1")],
)
def test_impossible_choices_are_refused(chosen, told):
    with pytest.raises(ValidationError, match=told):
        lit(controls=chosen)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in AVAILABLE if name in HUES or name in ("sun", "lamps", "warmth")])
def test_every_light_and_colour_shows_in_the_frame_at_rest(name):
    with lit(controls=[name]) as world:
        dark, rest, bright = world.observe(np.array([[-1.0], [0.0], [1.0]])).astype(float)
    if name in ("sun", "lamps"):
        assert dark.mean() + 5 < rest.mean() < bright.mean() - 5
    if name == "warmth":
        assert (dark[..., 0] - dark[..., 2]).mean() + 5 < (bright[..., 0] - bright[..., 2]).mean()
    assert np.abs(bright - dark).max() > 10


@pytest.mark.slow
def test_frames_do_not_depend_on_their_batch():
    with lit() as world:
        z = np.random.default_rng(2).standard_normal((40, len(world.controls)))
        np.testing.assert_array_equal(world.observe(z)[7:9], world.observe(z[7:9]))


@pytest.mark.slow
def test_no_frame_is_black_or_burnt_out():
    with lit(controls=list(AVAILABLE)) as world:
        z = np.random.default_rng(3).standard_normal((512, len(AVAILABLE)))
        frames = world.observe(z)
    assert frames.mean(axis=(1, 2, 3)).min() > 20
    assert frames.mean(axis=(1, 2, 3)).max() < 235
    assert (frames.min(axis=3) == 255).mean(axis=(1, 2)).max() < 0.25


def square(albedo, *lights):
    """A wall that fills the view of a camera at the origin, painted with one colour of paint group 1."""
    corners = np.array([[-9.0, 1, -9], [9, 1, -9], [9, 1, 9], [-9, 1, 9]])
    triangles, uv = np.array([[0, 1, 2], [0, 2, 3]]), np.full((4, 2), 0.5)
    texels = [np.tile(np.array(light, float), (2, 2, 1)) for light in (albedo, *lights)]
    return RelitScene(corners, uv, np.ones(4, int), triangles, texels[0], np.stack(texels[1:]), 1)


def shown(scene, lamps, hue=0.0):
    camera = np.eye(4)
    camera[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    with Raster(scene, 8) as raster:
        lighting = Lighting(np.array([lamps], float), np.array([[hue]]))
        return linear_from_srgb(raster.draw(camera[None], lighting=lighting)[0, 4, 4] / 255.0)


@pytest.mark.slow
def test_light_adds_up_in_linear_light_and_is_encoded_once():
    paint, day, lamp = np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.5, 0.4]), np.array([0.2, 0.1, 0.05])
    factors = np.array([[0.5, 1.0, 1.5], [2.0, 1.0, 0.0]])
    expected = paint * (factors[0] * day + factors[1] * lamp)
    np.testing.assert_allclose(shown(square(paint, day, lamp), factors), expected, atol=0.01)


@pytest.mark.slow
def test_a_third_of_a_turn_takes_red_to_green():
    paint = np.array([0.6, 0.3, 0.1])
    turned = turned_hue(paint, 2 * np.pi / 3)
    np.testing.assert_allclose(turned, np.roll(paint, 1), atol=1e-12)
    found = shown(square(paint, [1.0, 1.0, 1.0]), [[1.0, 1.0, 1.0]], hue=2 * np.pi / 3)
    np.testing.assert_allclose(found, turned, atol=0.01)


@pytest.mark.slow
def test_lighting_is_asked_for_and_refused_where_it_does_nothing():
    scene, camera = square([1, 1, 1], [1, 1, 1]), np.eye(4)[None]
    with Raster(scene, 8) as raster, pytest.raises(InvalidValue, match="relit scene needs"):
        raster.draw(camera)
    with (
        WORLDS["room"](size=8) as room,
        pytest.raises(InvalidValue, match="baked into its textures"),
    ):
        room._open_raster().draw(camera, lighting=Lighting(np.ones((1, 2, 3)), np.zeros((1, 5))))


KNOWN_FRAMES = {
    ("llvmpipe (LLVM 15.0.6, 256 bits)", "2"): {"room": "68270914533c362f", "room-symmetric": "bd88f598d7cf9910"}
}
"""The first digits of the SHA-256 of 64 frames, by driver and revision of the rasteriser."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["room", "room-symmetric"])
def test_rooms_whose_light_is_baked_together_stay_as_they_are_to_the_byte(name):
    z = np.random.default_rng(0).standard_normal((64, 6))
    with WORLDS[name](size=64) as world:
        driver = world.fingerprint["driver"]
        known = KNOWN_FRAMES.get((driver["renderer"], driver["raster"]))
        if known is None:
            pytest.skip(f"no frames are known of {driver['renderer']}")
        assert hashlib.sha256(world.observe(z).tobytes()).hexdigest()[:16] == known[name]


@pytest.mark.blender
@pytest.mark.slow
def test_cycles_repaints_between_the_frames_of_one_call():
    """Pictures, too: Cycles keeps what it has loaded where it is let, and shows the first frame's colours for ever."""
    z = np.zeros((3, 2))
    z[1, 0], z[2, 1] = 1.5, 1.5
    settings = {"controls": ["wall-hue", "sofa-hue"]}
    with lit(renderer="cycles", samples=16, **settings) as traced, lit(**settings) as drawn:
        rest, *repainted = traced.observe(z).astype(float)
        quick = drawn.observe(z).astype(float)
    for frame, expected in zip(repainted, quick[1:], strict=True):
        changed = abs(expected - quick[0]).max(axis=2) > 40
        assert changed.any()
        traced_change, drawn_change = (frame - rest)[changed], (expected - quick[0])[changed]
        assert np.corrcoef(traced_change.ravel(), drawn_change.ravel())[0, 1] > 0.8


@pytest.mark.slow
def test_swatches_are_the_paints_colours_turned_and_the_lights_strength():
    with lit(controls=["yaw", "sun", "sofa-hue", "rug-hue"]) as world:
        turn = float(world.controls[2].standardised(np.array([120.0]))[0])
        found = world.swatches(np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 9.0, turn, 0.0]]))
    assert set(found) == {"sun", "sofa-hue", "rug-hue"}
    petrol = blueprint("room").paint_groups["sofa"].colour
    np.testing.assert_allclose(found["sofa-hue"][0], [int(petrol[i : i + 2], 16) for i in (1, 3, 5)], atol=4)
    np.testing.assert_allclose(found["sofa-hue"][1], np.roll(found["sofa-hue"][0], 1), atol=2)
    assert found["sun"][1].min() > 250
    assert found["sun"][0].max() < 230
    np.testing.assert_array_equal(*found["rug-hue"])
