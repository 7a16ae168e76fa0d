"""Normalised Hermite polynomials, their products, and Gaussian quadrature: exact population quantities for tests."""

from __future__ import annotations

from itertools import product

import numpy as np


def hermite(x: np.ndarray, degree: int) -> np.ndarray:
    """Return h_0 .. h_degree at x, orthonormal under N(0, 1), along a last axis."""
    values = [np.ones_like(x), x]
    for k in range(1, degree):
        values.append((x * values[k] - np.sqrt(k) * values[k - 1]) / np.sqrt(k + 1))
    return np.stack(values[: degree + 1], axis=-1)


def degrees(n: int, degree: int) -> np.ndarray:
    """Return the multi-indices of total degree 1 to `degree`, by total degree."""
    found = [a for a in product(range(degree + 1), repeat=n) if 0 < sum(a) <= degree]
    return np.array(sorted(found, key=sum))


def products(z: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return the products of Hermite polynomials with these multi-indices at z (N, n)."""
    values = hermite(z, int(index.max()))
    return np.prod([values[:, control, index[:, control]] for control in range(z.shape[1])], axis=0)


def gaussian_grid(n: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes (points^n, n) and weights that integrate polynomials under N(0, I_n)."""
    node, weight = np.polynomial.hermite_e.hermegauss(points)
    nodes = np.stack(np.meshgrid(*[node] * n, indexing="ij"), axis=-1).reshape(-1, n)
    weights = np.prod(np.stack(np.meshgrid(*[weight] * n, indexing="ij"), axis=-1).reshape(-1, n), axis=1)
    return nodes, weights / weights.sum()
