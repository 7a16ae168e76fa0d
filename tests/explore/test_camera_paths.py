"""The geometry of single shots."""

import numpy as np
import pytest

from worldprobe.explore.camera_paths import KINDS, Take, confine, look_at, smootherstep, sway
from worldprobe.render.camera import camera_to_world

MARK, SUBJECT, OTHER = np.array([0.3, -0.2, 0.1]), np.array([-0.4, 2.0, -0.3]), np.array([1.0, 2.2, 0.2])


@pytest.fixture
def take() -> Take:
    return Take(MARK, SUBJECT, OTHER, np.array([0.4, 0.4, 0.2]))


def shoot(name: str, take: Take) -> tuple[np.ndarray, np.ndarray]:
    return KINDS[name].move(take, np.random.default_rng(0))(smootherstep(np.linspace(-0.2, 1.2, 80)))


def test_look_at_puts_the_target_in_the_middle_of_a_level_picture() -> None:
    """Against the matrix that renderers use: the target lies on the camera's -Z axis."""
    rng = np.random.default_rng(0)
    position, target = rng.standard_normal((50, 3)), rng.standard_normal((50, 3))
    target[:, 1] += 4.0
    yaw, pitch = look_at(position, target)
    matrix = camera_to_world(position, yaw, pitch, np.zeros(50))
    seen = np.einsum("nij,nj->ni", np.linalg.inv(matrix), np.column_stack([target, np.ones(50)]))
    np.testing.assert_allclose(seen[:, :2], 0.0, atol=1e-12)
    assert (seen[:, 2] < 0.0).all()


def test_orbit_keeps_its_distance_and_height(take: Take) -> None:
    positions, targets = shoot("orbit", take)
    distance = np.linalg.norm(positions - targets, axis=1)
    np.testing.assert_allclose(distance, np.linalg.norm(MARK - SUBJECT))
    np.testing.assert_allclose(positions[:, 2], MARK[2])
    assert np.ptp(positions[:, 0]) > 0.3


@pytest.mark.parametrize(("name", "axis"), [("truck", 0), ("dolly", 1), ("crane", 2)])
def test_travels_along_one_axis_only(name: str, axis: int, take: Take) -> None:
    positions, targets = shoot(name, take)
    assert np.ptp(positions[:, axis]) > 0.1
    assert not np.ptp(np.delete(positions, axis, axis=1), axis=0).any()
    turns = np.ptp(np.column_stack(look_at(positions, targets)), axis=0)
    assert (turns.max() > 1.0) == (name == "crane")


@pytest.mark.parametrize(("name", "turning", "still"), [("pan", 0, None), ("tilt", 1, 0)])
def test_the_head_turns_on_a_standing_camera(name: str, turning: int, still: int | None, take: Take) -> None:
    positions, targets = shoot(name, take)
    assert not np.ptp(positions, axis=0).any()
    angles = look_at(positions, targets)
    assert np.ptp(angles[turning]) > 5.0
    if still is not None:
        assert np.ptp(angles[still]) == pytest.approx(0.0, abs=1e-9)


def test_pan_goes_from_one_subject_to_the_other(take: Take) -> None:
    targets = shoot("pan", take)[1]
    np.testing.assert_allclose(targets[[0, -1]], [SUBJECT, OTHER])


def test_push_in_comes_closer_and_never_turns(take: Take) -> None:
    positions, targets = shoot("push-in", take)
    distance = np.linalg.norm(positions - targets, axis=1)
    assert (np.diff(distance) <= 1e-12).all()
    assert 0.5 < distance[-1] / distance[0] < 0.9
    assert np.ptp(look_at(positions, targets)[0]) == pytest.approx(0.0, abs=1e-9)


def test_creep_moves_by_centimetres(take: Take) -> None:
    positions, _ = shoot("creep", take)
    assert 0.0 < np.ptp(positions, axis=0).max() < 0.15


def test_smootherstep_starts_and_ends_at_rest_and_is_symmetric() -> None:
    x = np.linspace(0.0, 1.0, 1001)
    y = smootherstep(x)
    np.testing.assert_allclose(y + y[::-1], 1.0)
    for order in (1, 2):
        ends = np.diff(y, order)[[0, -1]] / (x[1] - x[0]) ** order
        np.testing.assert_allclose(ends, 0.0, atol=0.1)
    assert (np.diff(y) > 0.0).all()
    np.testing.assert_array_equal(smootherstep(np.array([-3.0, 4.0])), [0.0, 1.0])


def test_sway_has_unit_variance_at_every_frame() -> None:
    draws = np.stack([sway(20, 5.0, np.random.default_rng(i)) for i in range(2000)])
    np.testing.assert_allclose(draws.std(axis=0), 1.0, atol=0.08)
    assert np.abs(np.diff(draws, axis=1)).mean() < 0.2


def test_confine_keeps_order_and_bounds_and_hardly_touches_the_centre() -> None:
    x = np.linspace(-20.0, 20.0, 801)[:, None]
    bent = confine(x, np.array([2.0]))
    assert (np.diff(bent[:, 0]) > 0.0).all()
    assert np.abs(bent).max() < 2.0
    np.testing.assert_allclose(bent[np.abs(x) < 0.5], x[np.abs(x) < 0.5], rtol=0.001)
    assert not confine(x, np.array([0.0])).any()
