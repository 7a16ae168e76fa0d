"""The raster shows the arm as MuJoCo's own renderer does: same outline, same colours, same ground."""

from dataclasses import replace

import numpy as np
import pytest

from worldprobe.render.glb import Material
from worldprobe.render.raster import Raster
from worldprobe.world.arm import Arm
from worldprobe.world.arm.model import CAMERA_HEIGHT, FOV_DEGREES, mujoco_model
from worldprobe.world.arm.reference import MujocoRenderer
from worldprobe.world.arm.scene import arm_parts

pytestmark = pytest.mark.slow

mujoco = pytest.importorskip("mujoco")

POSES, SIZE, FINE = 32, 64, 8
BLACK, WHITE = Material((0.0, 0.0, 0.0)), Material((1.0, 1.0, 1.0))


def outline(model, size):
    """The rasteriser of the arm alone, white on black, moved by `Arm.body_poses`."""
    shown = [replace(part, material=BLACK if part.name == "world" else WHITE) for part in arm_parts(mujoco, model)]
    return Raster(shown, size, FOV_DEGREES, [model.body(body).name for body in range(1, model.nbody)])


def share(frames):
    """How much of each pixel is white: the raster averages light, which is nearly the square of what a display gets."""
    return (frames[..., 0] / 255.0) ** 2


def covered(frames, size):
    """How much of each of 64 x 64 pixels a finer picture covers."""
    return frames.reshape(len(frames), SIZE, size // SIZE, SIZE, size // SIZE).mean(axis=(2, 4))


def overlap(a, b):
    """Intersection over union, for pixels that are covered in part."""
    return np.minimum(a, b).sum(axis=(1, 2)) / np.maximum(a, b).sum(axis=(1, 2))


@pytest.fixture(scope="module", params=[2, 3])
def silhouettes(request):
    joints, fine = request.param, SIZE * FINE
    model = mujoco_model(joints)
    angles = np.random.default_rng(0).normal(size=(POSES, joints))
    cameras = np.tile(np.eye(4), (POSES, 1, 1))
    cameras[:, 2, 3] = CAMERA_HEIGHT
    bodies = Arm(joints=joints).body_poses(angles)
    with outline(model, SIZE) as raster:
        ours = share(raster.draw(cameras, bodies))
    with outline(model, fine) as raster:
        ours_finely = covered(share(raster.draw(cameras, bodies)), fine)
    with MujocoRenderer(model, fine, fine, segment=True) as renderer:
        numbers = renderer.draw(angles)[..., 0]
    theirs = covered(np.isin(numbers, 1 + np.flatnonzero(model.geom_bodyid > 0)), fine)
    return ours, ours_finely, theirs


def test_silhouettes_at_64_pixels_overlap_mujocos(silhouettes):
    """Four samples a pixel on an arm two pixels wide: what is lost is the samples' coarseness, not the geometry."""
    ours, _, theirs = silhouettes
    assert overlap(ours, theirs).min() >= 0.85


def test_silhouettes_finely_drawn_are_mujocos(silhouettes):
    _, ours_finely, theirs = silhouettes
    assert overlap(ours_finely, theirs).min() >= 0.96
    half = overlap(ours_finely > 0.5, theirs > 0.5)
    assert half.min() >= 0.85
    assert np.median(half) >= 0.97


def test_frames_show_mujocos_colours():
    z = np.random.default_rng(1).normal(size=(POSES, 2))
    with Arm() as drawn, Arm(renderer="mujoco") as reference:
        error = drawn.observe(z).astype(float) - reference.observe(z)
    assert (10 * np.log10(255**2 / (error**2).mean(axis=(1, 2, 3)))).min() > 33.0
    assert np.abs(error.mean(axis=(0, 1, 2))).max() < 1.5


def test_light_on_the_first_link_is_exact_and_on_the_hand_near_that_of_every_posture():
    """Baked at a wrist of 1 rad: the hand is up to 20 levels off when stretched or folded. The first link is not off by
    more than MuJoCo's own coarseness, which lights corners and blends between them.
    """
    model, size = mujoco_model(2), 256
    z = np.array([[0.7, 0.0], [0.7, 1.0], [0.7, 2.5], [-2.0, -1.5]])
    with (
        Arm(size=size) as drawn,
        Arm(size=size, renderer="mujoco") as reference,
        MujocoRenderer(model, size, size, segment=True) as renderer,
    ):
        ours, theirs, numbers = drawn.observe(z), reference.observe(z), renderer.draw(z)[..., 0]
    for link, most in (("arm", 8.0), ("hand", 20.0)):
        for i in range(len(z)):
            inside = numbers[i] == 1 + model.geom(link).id
            for axis in (0, 1):  # without its edges, where MuJoCo's shadow map draws a dark rim
                inside &= np.roll(inside, 2, axis) & np.roll(inside, -2, axis)
            assert inside.sum() > 20
            assert np.abs(ours[i][inside].mean(axis=0) - theirs[i][inside].mean(axis=0)).max() < most


def test_mujocos_renderer_is_deterministic_and_indifferent_to_batches():
    z = np.random.default_rng(2).normal(size=(3, 2))
    with Arm(renderer="mujoco") as world, Arm(renderer="mujoco") as other:
        frames = world.observe(z)
        np.testing.assert_array_equal(other.observe(z[1:2])[0], frames[1])
        np.testing.assert_array_equal(world.observe(z[::-1])[::-1], frames)


def test_the_hero_shows_the_whole_arm_large():
    still = Arm().hero()
    assert still.shape == (800, 1280, 3)
    orange = (still[..., 0] > 200) & (still[..., 2] < 160) & (still[..., 1] > 120)
    assert orange.mean() > 0.01
