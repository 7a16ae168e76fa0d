"""Straight lines of an embedding, decoded: 1 where theory says so, and the length of the true curve elsewhere."""

from __future__ import annotations

from math import asinh, sqrt

import numpy as np
import pytest

from planning.rotations import PLANE, bent, rotating, rotation
from worldprobe.errors import InvalidValue
from worldprobe.planning import Displacements, Library, Tasks, straight_lines

TASKS = Tasks.draw(40, 2, Displacements(), 1.0, np.random.default_rng(0))


def _along(tasks: Tasks, waypoints: int) -> np.ndarray:
    share = np.arange(1, waypoints + 1)[:, None] / (waypoints + 1)
    return np.concatenate([s + share * (g - s) for s, g in zip(tasks.starts, tasks.goals, strict=True)])


def test_rotated_copy_whose_library_holds_the_line_costs_exactly_one() -> None:
    library = Library.of(PLANE, np.concatenate([_along(TASKS, 10), np.random.default_rng(1).normal(size=(500, 2))]))
    lines = straight_lines(rotating(rotation(2)), PLANE, library, TASKS, 10)
    np.testing.assert_allclose(lines.ratios, 1.0, atol=1e-6)  # worlds of vectors are seen in float32
    np.testing.assert_allclose(lines.paths[:, 1:-1].reshape(-1, 2), _along(TASKS, 10), atol=1e-6)
    assert lines.sd < 1e-6


def test_rotation_pays_for_the_grain_of_the_library_and_for_nothing_else() -> None:
    library = Library.of(PLANE, np.random.default_rng(2).standard_normal((3000, 2)))
    true = straight_lines(rotating(np.eye(2)), PLANE, library, TASKS)
    turned = straight_lines(rotating(rotation(2)), PLANE, library, TASKS)
    np.testing.assert_array_equal(turned.paths, true.paths)
    assert 1.0 < turned.mean < 1.05


def test_finer_library_costs_less() -> None:
    draws = np.random.default_rng(3).standard_normal((30_000, 2))
    cost = [
        straight_lines(rotating(rotation(2)), PLANE, Library.of(PLANE, draws[:k]), TASKS).mean for k in (300, 30_000)
    ]
    assert cost[1] < 1.005 < cost[0]


def test_bent_embedding_costs_the_length_of_the_parabola_that_its_line_is() -> None:
    """From (-1, 0) to (1, 0) the line of (x, y + x^2) is (t, 1 - t^2): longer by the parabola's arc over 2."""
    t = np.linspace(-1, 1, 202)[1:-1]
    library = Library.of(PLANE, np.stack([t, 1 - t**2], axis=1))
    tasks = Tasks(np.array([[-1.0, 0.0]]), np.array([[1.0, 0.0]]))
    arc = sqrt(5) + asinh(2) / 2
    lines = straight_lines(bent(1.0), PLANE, library, tasks, 200)
    assert lines.mean == pytest.approx(arc / 2, rel=1e-4)
    assert lines.sd == 0.0


def test_more_distortion_costs_more() -> None:
    library = Library.of(PLANE, np.random.default_rng(4).standard_normal((5000, 2)))
    costs = [straight_lines(bent(by), PLANE, library, TASKS).mean for by in (0.0, 0.3, 0.9)]
    assert costs[0] < costs[1] - 0.005 < costs[2] - 0.05


def test_no_path_is_shorter_than_the_straight_line() -> None:
    library = Library.of(PLANE, np.random.default_rng(5).standard_normal((50, 2)))
    folded = straight_lines(lambda x: np.abs(x[:, :1]).astype(np.float64), PLANE, library, TASKS)
    assert folded.ratios.min() >= 1.0
    assert folded.mean > 2.0


def test_line_without_waypoints_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"waypoints = 0.*1 or more"):
        straight_lines(rotating(np.eye(2)), PLANE, Library.of(PLANE, np.zeros((1, 2))), TASKS, 0)
