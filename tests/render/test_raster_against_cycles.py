"""The raster shows what Cycles path-traces: same camera, same geometry, same light."""

import numpy as np
import pytest

from worldprobe.world import WORLDS

POSES, SIZE = 3, 64


@pytest.mark.blender
@pytest.mark.slow
@pytest.mark.parametrize(("name", "samples"), [("room", 96), ("room-symmetric", 32)])
def test_the_raster_agrees_with_cycles_on_canonical_poses(name, samples):
    """At 96 paths a pixel Cycles' own noise costs the furnished room about 1 dB; at 32, the other about 4.

    The converged figures are in `benchmarks/results`.
    """
    z = np.random.default_rng(7).normal(size=(POSES, 6))
    with (
        WORLDS[name](size=SIZE) as drawn,
        WORLDS[name](size=SIZE, renderer="cycles", samples=samples, bounces=6) as traced,
    ):
        error = drawn.observe(z).astype(float) - traced.observe(z)
    psnr = 10 * np.log10(255**2 / (error**2).mean(axis=(1, 2, 3)))
    assert psnr.min() > 25
    assert np.median(psnr) > 27
    assert abs(error.mean()) < 2
