"""What every world promises, run over every registered one and the toys."""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from toy import CAMERA, ToyVectors, ToyWorld
from worldprobe._util.registry import Component
from worldprobe.world import WORLDS, World

TOYS: dict[str, type[World]] = {"toy": ToyWorld, "toy-vectors": ToyVectors}
SIZE = 32


def settings_of(name: str) -> dict[str, object]:
    kind: type[Component] = TOYS.get(name) or WORLDS[name]
    wanted: dict[str, object] = {"size": SIZE, "specs": CAMERA if name in TOYS else None}
    return {key: value for key, value in wanted.items() if key in kind.model_fields and value is not None}


def make(name: str) -> World:
    return (TOYS.get(name) or WORLDS[name])(**settings_of(name))


@pytest.fixture(scope="module", params=[*TOYS, *sorted(set(WORLDS) - {"recording"})])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def world(name: str) -> Iterator[World]:
    with make(name) as world:
        yield world


@pytest.fixture(scope="module")
def z(world: World) -> np.ndarray:
    """Canonical controls, the centre, and two far corners."""
    n = len(world.controls)
    drawn = np.random.default_rng(0).standard_normal((40, n))
    return np.concatenate([drawn, np.zeros((1, n)), np.full((1, n), 4.0), np.full((1, n), -4.0)]).astype(np.float32)


@pytest.fixture(scope="module")
def seen(world: World, z: np.ndarray) -> np.ndarray:
    return world.observe(z)


def test_observations_have_the_declared_shape_and_type(world: World, z: np.ndarray, seen: np.ndarray) -> None:
    assert seen.shape == (len(z), *world.observation_shape)
    assert seen.dtype == (np.uint8 if len(world.observation_shape) == 3 else np.float32)
    assert np.isfinite(seen).all()


def test_same_controls_give_the_same_bytes_again(world: World, z: np.ndarray, seen: np.ndarray) -> None:
    again = world.observe(z)
    np.testing.assert_array_equal(again, seen)
    assert not np.shares_memory(again, seen)


def test_alone_in_a_batch_or_in_any_order_the_bytes_are_the_same(world: World, z: np.ndarray, seen: np.ndarray) -> None:
    order = np.random.default_rng(1).permutation(len(z))
    np.testing.assert_array_equal(world.observe(z[order]), seen[order])
    np.testing.assert_array_equal(np.concatenate([world.observe(z[:7]), world.observe(z[7:])]), seen)
    for row in (0, 5, len(z) - 1):
        np.testing.assert_array_equal(world.observe(z[row : row + 1])[0], seen[row])


def test_controls_in_double_precision_are_the_same_controls(world: World, z: np.ndarray, seen: np.ndarray) -> None:
    np.testing.assert_array_equal(world.observe(z.astype(np.float64)), seen)


def test_another_instance_gives_the_same_bytes(name: str, z: np.ndarray, seen: np.ndarray) -> None:
    with make(name) as other:
        np.testing.assert_array_equal(other.observe(z[:5]), seen[:5])


def test_a_closed_world_opens_again(world: World, z: np.ndarray, seen: np.ndarray) -> None:
    world.close()
    np.testing.assert_array_equal(world.observe(z[:3]), seen[:3])


def test_controls_are_left_as_they_were_given(world: World, z: np.ndarray) -> None:
    given = z.copy()
    given.setflags(write=False)
    world.observe(given)
    np.testing.assert_array_equal(given, z)


def test_no_image_is_constant_and_no_two_observations_are_the_same(world: World, seen: np.ndarray) -> None:
    flat = seen[:41].reshape(41, -1).astype(np.float64)
    if len(world.observation_shape) == 3:
        assert (flat.std(axis=1) > 0.0).all()
    assert len(np.unique(flat, axis=0)) == len(flat)


def test_every_control_changes_what_is_seen(world: World) -> None:
    """A control that moves nothing could never be recovered."""
    n = len(world.controls)
    centre = world.observe(np.zeros((1, n)))[0].astype(np.float64)
    for moved, spec in zip(world.observe(np.eye(n)), world.controls, strict=True):
        assert np.abs(moved - centre).mean() > 1e-3 * np.ptp(centre), spec.name


def test_controls_are_named_and_their_squash_is_invertible(world: World) -> None:
    names = [spec.name for spec in world.controls]
    assert len(set(names)) == len(names)
    z = np.linspace(-3.0, 3.0, 61)
    for spec in world.controls:
        assert spec.name
        assert spec.unit or spec.scale == 1.0, "only a bare number has no unit"
        assert spec.meaning
        assert spec.scale > 0.0
        physical = spec.physical(z)
        assert (np.diff(physical) > 0.0).all()
        np.testing.assert_allclose(spec.standardised(physical), z, atol=1e-6)


def test_fingerprint_is_stable_and_fit_for_a_file(name: str, world: World) -> None:
    written = json.dumps(world.fingerprint, sort_keys=True, allow_nan=False)
    assert written == json.dumps(world.fingerprint, sort_keys=True, allow_nan=False)
    with make(name) as other:
        assert json.dumps(other.fingerprint, sort_keys=True, allow_nan=False) == written


def test_fingerprint_tells_sizes_apart(name: str, world: World) -> None:
    if "size" in type(world).model_fields:
        with world.model_copy(update={"size": SIZE // 2}) as smaller:
            assert smaller.fingerprint != world.fingerprint
            assert smaller.observation_shape != world.observation_shape
    else:
        assert "size" not in settings_of(name)


def test_settings_are_validated_and_a_datasheet_is_there(name: str) -> None:
    kind = TOYS.get(name) or WORLDS[name]
    assert kind.__doc__
    with pytest.raises(ValueError, match="no_such_setting"):
        kind(**settings_of(name), no_such_setting=1)
