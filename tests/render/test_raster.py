import os
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.scenes import camera, cameras, clutter, flat, rectangle, triangle_document, wall, write_glb
from worldprobe._util.colour import srgb_from_linear
from worldprobe.errors import InvalidValue, MissingDependency, UnknownName
from worldprobe.render.camera import camera_to_world
from worldprobe.render.glb import Material
from worldprobe.render.raster import APT_PACKAGES, Raster

RED, GREEN, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def cluttered():
    with Raster(clutter(seed=3), size=32) as raster:
        yield raster


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_a_pose_has_the_same_bytes_alone_in_any_batch_and_in_any_order(cluttered, seed, count):
    poses = cameras(seed, count)
    together = cluttered.draw(poses)
    order = np.random.default_rng(seed).permutation(count)
    np.testing.assert_array_equal(cluttered.draw(poses[order]), together[order])
    for k in order[:3]:
        np.testing.assert_array_equal(cluttered.draw(poses[k : k + 1])[0], together[k])


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("size", [8, 32, 33, 64, 96, 130])
def test_a_pose_has_the_same_bytes_at_the_end_of_many_batches(size):
    poses = cameras(5, 3)
    with Raster(clutter(seed=4), size) as raster:
        many = raster.draw(np.concatenate([cameras(6, 300), poses]))
        np.testing.assert_array_equal(many[300:], raster.draw(poses))


@pytest.mark.slow
def test_two_rasters_of_one_scene_draw_the_same_and_live_side_by_side():
    poses = cameras(1, 5)
    with Raster(clutter(seed=1), 32) as first:
        frames = first.draw(poses)
        with Raster(clutter(seed=1), 32) as second, Raster(clutter(seed=2), 16) as third:
            assert third.draw(poses).shape == (5, 16, 16, 3)
            np.testing.assert_array_equal(second.draw(poses), frames)
        np.testing.assert_array_equal(first.draw(poses), frames)


def test_left_right_up_down_and_the_image_are_the_right_way_round():
    image = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    with Raster([wall(2.0, Material(image=image.repeat(64, 0).repeat(64, 1)), width=2.0)], 64) as raster:
        frame = raster.draw(camera())[0]
    assert frame.dtype == np.uint8
    assert frame[28, 28].tolist() == [255, 0, 0]
    assert frame[28, 36].tolist() == [0, 255, 0]
    assert frame[36, 28].tolist() == [0, 0, 255]
    assert frame[36, 36].tolist() == [255, 255, 255]
    assert frame[0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("size", "fov"), [((48, 80), 60.0), (64, 90.0), ((33, 17), 40.0)])
def test_a_point_falls_where_the_pinhole_camera_says(size, fov):
    height, width = (size, size) if isinstance(size, int) else size
    pose = camera_to_world(np.array([[0.3, -0.2, 0.1]]), np.array([20.0]), np.array([-10.0]), np.array([15.0]))
    rng = np.random.default_rng(0)
    for _ in range(5):
        # A spot at a known place of the picture, 3 m before the camera.
        column, row = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height
        tangent = np.tan(np.radians(fov) / 2)
        x, y = (2 * column / width - 1) * tangent * width / height, (1 - 2 * row / height) * tangent
        centre = pose[0] @ [3 * x, 3 * y, -3, 1]
        # Turned, so that its edges do not run along rows of samples.
        right = pose[0, :3, 0] * 0.4 + pose[0, :3, 1] * 0.2
        up = pose[0, :3, 1] * 0.4 - pose[0, :3, 0] * 0.2
        spot = rectangle(centre[:3] - right / 2 - up / 2, right, up, flat((1.0, 1.0, 1.0)))
        with Raster([spot], size, fov) as raster:
            lit = (raster.draw(pose)[0, :, :, 0] / 255.0) ** 2  # how much of the pixel it covers
        rows, columns = np.indices(lit.shape) + 0.5
        assert (lit * columns).sum() / lit.sum() == pytest.approx(column, abs=0.15)
        assert (lit * rows).sum() / lit.sum() == pytest.approx(row, abs=0.15)


def test_the_nearer_surface_wins_in_any_order():
    near, far = wall(1.0, flat(RED), width=0.5), wall(3.0, flat(BLUE))
    for scene in ([near, far], [far, near]):
        with Raster(scene, 16) as raster:
            frame = raster.draw(camera())[0]
        assert frame[8, 8].tolist() == [255, 0, 0]
        assert frame[0, 0].tolist() == [0, 0, 255]


def test_a_wall_two_centimetres_away_and_one_at_forty_metres_are_drawn():
    with Raster([wall(0.021, flat(RED), width=0.002), wall(40.0, flat(BLUE), width=200.0)], 64) as raster:
        frame = raster.draw(camera())[0]
    assert frame[31, 31].tolist() == [255, 0, 0]
    assert frame[0, 0].tolist() == [0, 0, 255]


def test_backs_are_drawn_only_where_the_material_has_two_sides():
    for double_sided, expected in ((True, 255), (False, 0)):
        with Raster([wall(2.0, flat(RED, double_sided=double_sided))], 16) as raster:
            frame = raster.draw(camera(yaw=180.0, at=(0.0, 4.0, 0.0)))[0]
        assert frame[8, 8, 0] == expected


def test_a_mirrored_part_still_shows_its_outside():
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    part = rectangle((-9, 2, -9), (18, 0, 0), (0, 0, 18), flat(RED, double_sided=False), to_world=mirror)
    # Mirrored geometry alone would turn its back; which side is outside does not change.
    with Raster([part], 16) as raster:
        assert raster.draw(camera())[0, 8, 8].tolist() == [255, 0, 0]


def test_an_edge_is_smoothed_by_the_light_of_four_samples():
    with Raster([rectangle((0.0, 2.0, -9.0), (9, 0, 0), (0, 0, 18), flat((1.0, 1.0, 1.0)))], 64) as raster:
        frames = raster.draw(np.concatenate([camera(roll=angle) for angle in np.linspace(1, 89, 30)]))
    seen = set(frames.ravel().tolist())
    # Quarters of full light: sqrt(k / 4) of display white.
    assert seen == {0, 128, 180, 221, 255}


def test_a_fine_pattern_far_away_keeps_its_light():
    board = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(board[:, :, None], 3, axis=2)
    with Raster([wall(10.0, Material(image=image), width=20.0)], 32) as raster:
        frame = raster.draw(camera())[0]
    expected = srgb_from_linear(np.array(0.5)) * 255
    np.testing.assert_allclose(frame[4:-4, 4:-4], expected, atol=2)


def test_colour_factors_are_shown_as_display_values():
    with Raster([wall(2.0, flat((0.5, 0.0, 1.0)))], 16) as raster:
        assert raster.draw(camera())[0, 8, 8].tolist() == [188, 0, 255]


def test_moving_parts_follow_their_matrices_view_by_view():
    still, arm = wall(5.0, flat(BLUE)), wall(0.0, flat(RED), width=1.0, name="arm")
    matrices = np.tile(np.eye(4), (3, 1, 1))
    matrices[:, :3, 3] = [[0, 2, 0], [1.2, 2, 0], [0, 9, 0]]
    poses = np.concatenate([camera()] * 3)
    with Raster([still, arm], 64, fov_degrees=90.0, moving=["arm"]) as raster:
        assert raster.moving == ("arm",)
        frames = raster.draw(poses, {"arm": matrices})
        alone = raster.draw(poses[1:2], {"arm": matrices[1:2]})
    red = (frames == [255, 0, 0]).all(axis=3)
    columns = np.indices((64, 64))[1] + 0.5
    assert columns[red[0]].mean() == pytest.approx(32, abs=0.3)
    assert columns[red[1]].mean() == pytest.approx(32 + 0.6 * 32, abs=0.3)
    assert not red[2].any()  # behind the wall
    np.testing.assert_array_equal(alone[0], frames[1])


def test_moving_parts_follow_their_own_views_when_many_are_shared_out():
    still, arm = wall(5.0, flat(BLUE)), wall(0.0, flat(RED), width=1.0, name="arm")
    count = 101
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, 0, 3], matrices[:, 1, 3] = np.linspace(-1.2, 1.2, count), 2.0
    with Raster([still, arm], 64, fov_degrees=90.0, moving=["arm"]) as raster:
        red = (raster.draw(np.repeat(camera(), count, axis=0), {"arm": matrices}) == [255, 0, 0]).all(axis=3)
    columns = (red * (np.arange(64) + 0.5)).sum(axis=(1, 2)) / red.sum(axis=(1, 2))
    np.testing.assert_allclose(columns, 32 + 16 * matrices[:, 0, 3], atol=0.6)


def test_a_mesh_of_more_than_65536_vertices_shows_its_last_triangle():
    material = flat(BLUE)
    specks = [rectangle((0, 9, 0), (1e-3, 0, 0), (0, 0, 1e-3), material)] * 17_000
    with Raster([*specks, wall(2.0, material)], 16) as raster:
        assert (raster.draw(camera()) == [0, 0, 255]).all()


def test_a_moving_part_at_rest_is_drawn_as_if_it_did_not_move():
    matrix = camera_to_world(np.array([[0.2, 3.0, 0.1]]), np.array([30.0]), np.array([10.0]), np.array([5.0]))[0]
    arm = rectangle((-0.5, -0.5, 0), (1, 0, 0), (0, 1, 0), flat(GREEN), name="arm", to_world=matrix)
    with Raster([arm], 64, moving=["arm"]) as moving, Raster([arm], 64) as still:
        np.testing.assert_array_equal(moving.draw(camera()), still.draw(camera()))
        assert still.draw(camera()).any()


def test_a_glb_file_is_drawn(tmp_path):
    image = np.full((2, 2, 3), 255, np.uint8)
    path = write_glb(tmp_path / "a.glb", *triangle_document({"translation": [-0.3, -0.3, -2.0]}, image))
    with Raster.from_glb(path, size=16) as raster:
        assert raster.draw(camera())[0, 8, 8].tolist() == [188, 137, 255]


def test_a_file_that_changed_is_read_again(tmp_path):
    for level in (255, 90):
        image = np.full((2, 2, 3), level, np.uint8)
        path = write_glb(tmp_path / "a.glb", *triangle_document({"translation": [-0.3, -0.3, -2.0]}, image))
        with Raster.from_glb(path, size=16) as raster:
            assert raster.draw(camera())[0, 8, 8, 2] == level


def test_the_driver_says_its_name_and_version_and_the_rasteriser_its_revision(cluttered):
    assert set(cluttered.driver) == {"renderer", "version", "raster"}
    assert all(cluttered.driver.values())


def test_no_views_give_no_frames(cluttered):
    assert cluttered.draw(np.empty((0, 4, 4))).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("size", [0, -1, 4097, (64, 0)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(InvalidValue, match="from 1 to 4096 pixels"):
        Raster([wall(2.0, flat(RED))], size)


@pytest.mark.parametrize("fov", [0.0, 180.0, float("nan")])
def test_impossible_angles_are_refused(fov):
    with pytest.raises(InvalidValue, match="between 0 and 180"):
        Raster([wall(2.0, flat(RED))], 16, fov_degrees=fov)


def test_unknown_parts_are_refused_with_the_nearest_name(cluttered):
    with pytest.raises(UnknownName, match="Did you mean 'wall'"):
        Raster([wall(2.0, flat(RED))], 16, moving=["wal"])
    with pytest.raises(UnknownName, match="moving part 'rectangle'"):
        cluttered.draw(camera(), {"rectangle": np.eye(4)[None]})


def test_matrices_of_another_shape_or_without_value_are_refused(cluttered):
    unchecked = Raster.draw.__wrapped__  # tests check shapes at every call, users' programs do not
    with pytest.raises(InvalidValue, match=r"camera_to_world = \(1, 3, 3\) .* shape \(1, 4, 4\)"):
        unchecked(cluttered, np.eye(3)[None])
    with pytest.raises(InvalidValue, match="NaN or infinity"):
        cluttered.draw(np.full((1, 4, 4), np.nan))


def test_a_raster_refuses_other_threads_and_says_what_to_do(cluttered):
    refused = []

    def draw():
        try:
            cluttered.draw(camera())
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    assert refused == ["a Raster works only in the process and thread that made it; make one in each"]


def test_a_closed_raster_says_so_and_may_be_closed_again():
    raster = Raster([wall(2.0, flat(RED))], 16)
    raster.close()
    raster.close()
    with pytest.raises(RuntimeError, match="closed; make another"):
        raster.draw(camera())


def test_a_missing_driver_names_the_packages_to_install(monkeypatch):
    monkeypatch.setitem(os.environ, "GLCONTEXT_LINUX_LIBEGL", "libEGL-which-is-not-there.so")
    with pytest.raises(MissingDependency, match=" ".join(APT_PACKAGES)) as caught:
        Raster([wall(2.0, flat(RED))], 16)
    assert "libEGL-which-is-not-there.so not loaded" in str(caught.value)


def test_an_old_driver_is_refused_as_a_missing_one(monkeypatch):
    import moderngl

    def refuse(**settings):
        raise ValueError("Requested OpenGL version 450, got version 330")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    with pytest.raises(MissingDependency, match="got version 330"):
        Raster([wall(2.0, flat(RED))], 16)


def test_triton_is_loaded_before_a_driver(monkeypatch, tmp_path):
    """Imported after Mesa's software driver, whose LLVM is another, it crashes the process."""
    import moderngl

    def opened(**settings):
        raise RuntimeError(f"triton loaded: {'triton' in sys.modules}")

    (tmp_path / "triton.py").write_text("", encoding="utf8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    monkeypatch.setattr(moderngl, "create_context", opened)
    with pytest.raises(MissingDependency, match="triton loaded: True"):
        Raster([wall(2.0, flat(RED))], 16)
    sys.modules.pop("triton", None)


def test_a_missing_moderngl_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(MissingDependency, match="pip install moderngl"):
        Raster([wall(2.0, flat(RED))], 16)
