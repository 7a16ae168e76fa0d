"""Mixings: closed forms, exact inverses, log-determinants against finite differences, the paper's own linear R^2."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from worldprobe.errors import InvalidValue
from worldprobe.world import WORLDS, Coupling, Lift, Mixing
from worldprobe.world.mixings.products import on_grid, steady_product

CASES = [
    ("identity", {"n": 3}),
    ("spiral", {}),
    ("banana", {}),
    ("sinusoid", {}),
    ("coupling", {}),
    ("coupling", {"n": 6, "seed": 1}),
    ("additive-coupling", {"n": 2, "layers": 1}),
    ("additive-coupling", {"n": 8, "layers": 4, "seed": 2}),
    ("lift", {"n": 1, "m": 1}),
    ("lift", {"n": 2, "m": 8}),
    ("lift", {"n": 5, "m": 12, "layers": 2, "steepness": 3.0, "seed": 3}),
]
every_mixing = pytest.mark.parametrize(("name", "fields"), CASES, ids=lambda value: str(value))


def make(name: str, **fields: object) -> Mixing:
    world = WORLDS[name](**fields)
    assert isinstance(world, Mixing)
    return world


def canonical(world: Mixing, count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, world.n))


def controls(n: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, (4, n), elements=st.floats(-6.0, 6.0))


def linear_r2(x: np.ndarray, z: np.ndarray) -> float:
    x = np.column_stack([x, np.ones(len(x))])
    left = z - x @ np.linalg.lstsq(x, z, rcond=None)[0]
    return float(1.0 - left.var() / z.var())


@every_mixing
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_inverse_undoes_the_mixing(name, fields, data):
    world = make(name, **fields)
    z = data.draw(controls(world.n))
    np.testing.assert_allclose(world.inverse(world.mix(z)), z, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("name", "fields"), [case for case in CASES if case[0] != "lift"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_vector_is_the_observation_of_its_inverse(name, fields, data):
    world = make(name, **fields)
    x = data.draw(controls(world.n))
    np.testing.assert_allclose(world.mix(world.inverse(x)), x, rtol=0, atol=1e-10)


@every_mixing
def test_log_det_is_that_of_the_numerical_jacobian(name, fields):
    world, step = make(name, **fields), 1e-5
    z = canonical(world, 8)
    shifted = [world.mix(z + step * e) - world.mix(z - step * e) for e in np.eye(world.n)]
    jacobian = np.stack(shifted, axis=1) / (2 * step)
    if world.observation_shape == (world.n,):
        sign, expected = np.linalg.slogdet(jacobian)
        assert (sign == sign[0]).all()
    else:
        expected = np.linalg.slogdet(jacobian @ jacobian.transpose(0, 2, 1)).logabsdet / 2
    np.testing.assert_allclose(world.log_det(z), expected, atol=2e-6)


@every_mixing
def test_observation_is_the_mixing_rounded_once(name, fields):
    world = make(name, **fields)
    z = canonical(world, 50).astype(np.float32)
    np.testing.assert_array_equal(world.observe(z), world.mix(z.astype(np.float64)).astype(np.float32))
    assert world.observe(z).shape == (50, *world.observation_shape)
    assert world.mix(z).dtype == np.float64


def test_controls_are_bare_numbers_that_nothing_squashes():
    z = np.linspace(-10.0, 10.0, 201)
    for control in make("identity", n=3).controls:
        assert (control.unit, control.scale) == ("", 1.0)
        np.testing.assert_array_equal(control.physical(z), z)
    assert [control.name for control in make("identity", n=3).controls] == ["z1", "z2", "z3"]


def test_spiral_turns_counter_clockwise_by_pi_times_the_radius():
    z = np.array([[0.5, 0.0], [0.0, 0.5], [1.0, 0.0], [2.0, 0.0]])
    x = np.array([[0.0, 0.5], [-0.5, 0.0], [-1.0, 0.0], [2.0, 0.0]])
    np.testing.assert_allclose(make("spiral").mix(z), x, atol=1e-15)


def test_banana_adds_the_square_of_the_first_control_to_the_second():
    np.testing.assert_array_equal(make("banana").mix(np.array([[-2.0, 1.0], [3.0, -1.0]])), [[-2.0, 5.0], [3.0, 8.0]])


def test_sinusoid_adds_the_sine_of_the_second_control_to_the_first():
    z = np.array([[1.0, np.pi / 3], [1.0, -np.pi / 3]])
    np.testing.assert_allclose(make("sinusoid").mix(z), [[2.0, np.pi / 3], [0.0, -np.pi / 3]], atol=1e-15)


@pytest.mark.parametrize("n", [2, 6, 64])
def test_coupling_layers_shift_the_halves_in_turn_by_twice_an_orthogonal_map(n):
    one, two = make("additive-coupling", n=n, layers=1, seed=5), make("additive-coupling", n=n, layers=2, seed=5)
    z, half = canonical(one, 20), n // 2
    first, second = two.weights
    np.testing.assert_array_equal(one.weights[0], first)
    for weights in two.weights:
        np.testing.assert_allclose(weights.T @ weights, 4 * np.eye(half), atol=1e-5)
    b = z[:, half:] + np.tanh(z[:, :half] @ first)
    np.testing.assert_allclose(one.mix(z), np.hstack([z[:, :half], b]), atol=1e-12)
    np.testing.assert_allclose(two.mix(z), np.hstack([z[:, :half] + np.tanh(b @ second), b]), atol=1e-12)


def test_the_seed_draws_the_layers_except_in_the_plane_where_every_weight_is_2():
    assert (make("coupling", seed=3).weights == 2.0).all()
    few, other = make("additive-coupling", n=4), make("additive-coupling", n=4, seed=1)
    assert np.abs(few.weights - other.weights).max() > 0.1
    assert few.fingerprint != other.fingerprint


def test_coupling_is_eight_layers_of_additive_coupling():
    z = canonical(make("coupling"), 10)
    np.testing.assert_array_equal(make("coupling").mix(z), make("additive-coupling", layers=8).mix(z))
    assert Coupling().layers == 8


@pytest.mark.parametrize(
    ("n", "published"), [(2, 0.781), (4, 0.727), (8, 0.728), (16, 0.734), (32, 0.737), (64, 0.737), (256, 0.742)]
)
def test_the_observations_linear_r2_is_the_published_one(n, published):
    """Column R^2(x -> z) of the paper's scaling table; small n depends on the mixing's draw."""
    worlds = [make("additive-coupling", n=n, seed=seed) for seed in range(10 if n < 16 else 2)]
    r2 = [linear_r2(world.mix(z), z) for world in worlds for z in [canonical(world, 20_000 if n < 64 else 6000)]]
    assert np.mean(r2) == pytest.approx(published, abs=0.03 if 2 < n < 16 else 0.01)


@pytest.mark.parametrize("name", ["spiral", "banana", "sinusoid", "coupling", "additive-coupling", "lift"])
def test_no_linear_probe_reads_the_controls_off_the_observations(name):
    world = make(name)
    z = canonical(world, 5000)
    assert linear_r2(world.mix(z), z) < 0.92


def test_lift_projects_what_it_cannot_have_made():
    world = make("lift", n=2, m=8)
    nearby = world.mix(canonical(world, 20)) + 0.01 * np.random.default_rng(1).standard_normal((20, 8))
    z = world.inverse(nearby)
    assert np.abs(world.mix(z) - nearby).max() > 1e-3
    np.testing.assert_allclose(world.inverse(world.mix(z)), z, atol=1e-10)


def test_lift_bends_more_the_steeper_its_activation_is():
    z = canonical(Lift(), 5000)
    r2 = [linear_r2(make("lift", steepness=steepness).mix(z), z) for steepness in (1e-3, 1.0, 20.0)]
    assert r2[0] > 0.9999
    assert r2[0] > r2[1] > r2[2]


def test_products_of_numbers_on_the_grid_are_exact_in_any_order():
    rng = np.random.default_rng(0)
    weights, z = on_grid(rng.standard_normal((300, 300)) / 10), np.rint(rng.standard_normal((64, 300)) * 2**17) / 2**17
    order = rng.permutation(300)
    np.testing.assert_array_equal(steady_product(z, weights), steady_product(z[:, order], weights[order]))
    np.testing.assert_array_equal(steady_product(z, weights)[9:10], steady_product(z[9:10], weights))


def test_products_hardly_ever_depend_on_the_order_where_blas_often_does():
    rng = np.random.default_rng(0)
    weights, z, order = (
        on_grid(rng.standard_normal((300, 300)) / 10),
        rng.standard_normal((64, 300)),
        rng.permutation(300),
    )
    steady = steady_product(z, weights) != steady_product(z[:, order], weights[order])
    plain = z @ weights != z[:, order] @ weights[order]
    assert steady.mean() < 1e-3 < 0.1 < plain.mean()
    np.testing.assert_allclose(steady_product(z, weights), z @ weights, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("spiral", {"n": 3}, "of the plane, n = 2"),
        ("banana", {"n": 4}, "of the plane, n = 2"),
        ("sinusoid", {"n": 1}, "of the plane, n = 2"),
        ("coupling", {"n": 3}, "n must be even"),
        ("additive-coupling", {"n": 5}, "n must be even"),
        ("identity", {"n": 0}, "greater than or equal to 1"),
        ("lift", {"n": 4, "m": 3}, "m = 3: a lift is injective, so m must be n = 4 or more"),
    ],
)
def test_impossible_dimensions_are_refused_at_construction(name, fields, message):
    with pytest.raises(ValidationError, match=message):
        make(name, **fields)


@every_mixing
def test_vectors_of_another_length_and_numbers_that_are_not_finite_are_refused(name, fields):
    world = make(name, **fields)
    with pytest.raises(InvalidValue, match=r"z = \(4, \d+\) is not possible.*\(N, \d+\)"):
        world.observe(np.zeros((4, world.n + 1)))
    with pytest.raises(InvalidValue, match="x = "):
        world.inverse(np.zeros((4, world.observation_shape[0] + 1)))
    with pytest.raises(InvalidValue, match="NaN or infinity"):
        world.log_det(np.full((1, world.n), np.nan))
