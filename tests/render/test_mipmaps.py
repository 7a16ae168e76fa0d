from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldprobe._util.colour import linear_from_srgb, srgb_from_linear
from worldprobe.render.mipmaps import mip_chain


def test_display_values_and_light_are_inverses():
    values = np.arange(256) / 255
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-12)


def test_half_of_display_white_is_a_fifth_of_its_light():
    assert linear_from_srgb(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)  # IEC 61966-2-1


def test_a_checkerboard_keeps_its_light_in_the_distance():
    board = np.indices((8, 8)).sum(axis=0) % 2 * 255
    levels = mip_chain(np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8))
    assert [level.shape[0] for level in levels] == [8, 4, 2, 1]
    for level in levels[1:]:
        assert (level == 188).all()  # half the light, not half the display value (128)


@settings(deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_every_level_halves_and_the_last_holds_the_mean_light(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    levels = mip_chain(image)
    np.testing.assert_array_equal(levels[0], image)
    for large, small in pairwise(levels):
        assert small.shape[:2] == tuple(max(1, side // 2) for side in large.shape[:2])
    mean = srgb_from_linear(linear_from_srgb(image / 255.0).mean(axis=(0, 1))) * 255
    np.testing.assert_allclose(levels[-1][0, 0], mean, atol=0.51)


def test_a_colour_factor_multiplies_light():
    image = np.full((1, 1, 3), 255, np.uint8)
    assert mip_chain(image, (0.21586, 1.0, 0.0))[0].ravel().tolist() == [128, 255, 0]
