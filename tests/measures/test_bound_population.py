"""Theorems 1 and 3 on exact population quantities: maps are Hermite expansions, moments are sums over coefficients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.hermite import degrees, gaussian_grid, hermite, products
from worldprobe.measures.bound import alignment_optimum, bound_from_moments
from worldprobe.predictor.unequal_correlations import whitening_margin

rhos = st.floats(0.05, 0.98)
seeds = st.integers(0, 2**32 - 1)
exactly = settings(max_examples=40, deadline=None)


def alignment(coefficients: np.ndarray, index: np.ndarray, rho: np.ndarray) -> float:
    """E|h - h'|^2 of h = coefficients @ Hermite products: each keeps prod_i rho_i^(a_i)."""
    return float((2 * (1 - np.prod(rho**index, axis=1)) * coefficients**2).sum())


@given(rho=st.floats(-0.95, 0.95), degree=st.integers(0, 7))
@exactly
def test_a_hermite_feature_of_degree_k_keeps_the_kth_power_of_rho(rho: float, degree: int) -> None:
    nodes, weights = gaussian_grid(2, 12)
    z, z_next = nodes[:, 0], rho * nodes[:, 0] + np.sqrt(1 - rho**2) * nodes[:, 1]
    correlation = weights @ (hermite(z, 7)[:, degree] * hermite(z_next, 7)[:, degree])
    assert correlation == pytest.approx(rho**degree, abs=1e-9)


@given(rho=st.tuples(rhos, rhos), degree=st.tuples(st.integers(0, 4), st.integers(0, 4)))
@exactly
def test_a_product_of_hermite_features_keeps_the_product_of_powers(
    rho: tuple[float, float], degree: tuple[int, int]
) -> None:
    nodes, weights = gaussian_grid(4, 6)
    both = np.array(rho)
    z, z_next = nodes[:, :2], both * nodes[:, :2] + np.sqrt(1 - both**2) * nodes[:, 2:]
    index = np.array([degree])
    correlation = weights @ (products(z, index)[:, 0] * products(z_next, index)[:, 0])
    assert correlation == pytest.approx(rho[0] ** degree[0] * rho[1] ** degree[1], abs=1e-9)


@given(rho=rhos, n=st.integers(1, 3), seed=seeds)
@exactly
def test_no_whitened_encoder_beats_the_linear_one(rho: float, n: int, seed: int) -> None:
    index = degrees(n, 5)
    rows = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(index), n)))[0].T
    assert alignment(rows, index, np.full(n, rho)) >= n * alignment_optimum(np.full(n, rho)) - 1e-12


@given(rho=rhos, n=st.integers(1, 3), seed=seeds)
@exactly
def test_an_orthogonal_map_attains_the_optimum(rho: float, n: int, seed: int) -> None:
    index = degrees(n, 3)
    rows = np.zeros((n, len(index)))
    rows[:, :n] = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))[0]
    assert alignment(rows, index, np.full(n, rho)) == pytest.approx(n * alignment_optimum(np.full(n, rho)))


@given(rho=st.tuples(rhos, rhos, rhos))
@exactly
def test_the_whitened_optimum_is_linear_only_where_every_rho_exceeds_the_largest_squared(
    rho: tuple[float, float, float],
) -> None:
    index = degrees(3, 4)
    kept = np.prod(np.array(rho) ** index, axis=1)
    best_are_linear = kept[:3].min() > kept[3:].max()  # the first three are the controls themselves
    assert best_are_linear == (whitening_margin(np.array(rho)) > 0)


@given(rho=rhos, n=st.integers(1, 3), bend=st.floats(0, 0.5), seed=seeds)
@settings(max_examples=100, deadline=None)
def test_theorem_3_bounds_the_procrustes_error_of_near_linear_maps(rho: float, n: int, bend: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    index = degrees(n, 4)
    rows = bend / np.sqrt(len(index)) * rng.standard_normal((n, len(index)))
    rows[:, :n] += np.linalg.qr(rng.standard_normal((n, n)))[0] * rng.uniform(0.8, 1.2, n)
    covariance = rows @ rows.T
    error = n + np.trace(covariance) - 2 * np.linalg.norm(rows[:, :n], ord="nuc")
    assert error <= bound_from_moments(alignment(rows, index, np.full(n, rho)), covariance, rho).value + 1e-9
