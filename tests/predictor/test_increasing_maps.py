"""Compiled tables are those of numpy, to the bit, whatever the points."""

import numpy as np
import pytest

from worldprobe.predictor.increasing_maps import interpolated, order_statistics, quantiles

POINTS = {
    "normal": lambda rng: rng.standard_normal((5_000, 2)),
    "heavy tails": lambda rng: rng.standard_t(1.1, (5_000, 2)),
    "atoms": lambda rng: np.where(rng.random((5_000, 2)) < 0.7, 0.0, rng.standard_normal((5_000, 2))),
    "two values": lambda rng: np.sign(rng.standard_normal((5_000, 2))),
    "one value": lambda rng: np.ones((200, 2)),
    "very small": lambda rng: 1e-308 * rng.standard_normal((300, 2)),
    "not finite": lambda rng: np.where(rng.random((900, 2)) < 0.01, np.inf, rng.standard_normal((900, 2))),
    "few": lambda rng: rng.standard_normal((50, 2)),
}


@pytest.mark.parametrize("kind", POINTS)
def test_order_statistics_are_those_of_the_sorted_points(kind: str, rng: np.random.Generator) -> None:
    points = POINTS[kind](rng)
    ranks = np.unique(np.linspace(0, len(points) - 1, 40).astype(np.int64))
    for column in points.T:
        np.testing.assert_array_equal(order_statistics(column, ranks), np.sort(column)[ranks])
    at = np.linspace(2.5, len(points) - 3.25, 33)
    if kind != "not finite":
        expected = [np.interp(at, np.arange(len(points)), own) for own in np.sort(points, axis=0).T]
        np.testing.assert_allclose(quantiles(points, at), expected, rtol=1e-15)


@pytest.mark.parametrize("kind", POINTS)
def test_a_table_maps_as_numpy_does_and_goes_on_linearly(kind: str, rng: np.random.Generator) -> None:
    points = POINTS[kind](rng)
    if kind == "not finite":
        points = points[np.isfinite(points).all(axis=1)]
    levels = np.linspace(-2.0, 2.0, 33)
    table = quantiles(points, np.linspace(2, len(points) - 3, 33))
    slopes = np.array([[0.5, 1.5], [2.0, 0.25]])
    asked = np.concatenate([points, table.T, 9.0 * points, [[np.nan, 0.0]]])
    expected = np.empty_like(asked)
    for axis in range(2):
        own, (below, above) = asked[:, axis], slopes[axis]
        low, high = np.minimum(own - table[axis, 0], 0.0) * below, np.maximum(own - table[axis, -1], 0.0) * above
        expected[:, axis] = np.interp(own, table[axis], levels) + low + high
    interpolated(asked, table, levels, slopes)
    np.testing.assert_allclose(asked, expected, rtol=1e-14, atol=1e-15)
