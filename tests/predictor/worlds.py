"""Pairs of controls whose operators are known in closed form or by quadrature."""

from __future__ import annotations

from math import exp, lgamma, sqrt

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray]


def ou(rng: np.random.Generator, pairs: int, rho: list[float]) -> Pairs:
    """Ornstein-Uhlenbeck pairs with one correlation per control."""
    each = np.array(rho)
    z = rng.standard_normal((pairs, len(rho)))
    return z, each * z + np.sqrt(1 - each**2) * rng.standard_normal(z.shape)


def reflecting_box(rng: np.random.Generator, pairs: int, n: int, time: float) -> Pairs:
    """Brownian motion in a box with reflecting walls: eigenfunctions cos(k pi z), eigenvalues exp(-k^2 pi^2 time)."""
    z = rng.random((pairs, n))
    unfolded = np.abs(z + sqrt(2 * time) * rng.standard_normal(z.shape)) % 2
    return z, np.where(unfolded > 1, 2 - unfolded, unfolded)


def siblings(rng: np.random.Generator, pairs: int, alpha: float, rho: float) -> Pairs:
    """Both members are sqrt(rho) s + sqrt(1 - rho) eta, all generalised normal of shape alpha and variance 1."""
    b = exp(0.5 * (lgamma(1 / alpha) - lgamma(3 / alpha)))
    s, one, two = (
        b * rng.choice([-1.0, 1.0], (pairs, 1)) * rng.standard_gamma(1 / alpha, (pairs, 1)) ** (1 / alpha)
        for _ in range(3)
    )
    return sqrt(rho) * s + sqrt(1 - rho) * one, sqrt(rho) * s + sqrt(1 - rho) * two


def siblings_by_quadrature(alpha: float, rho: float, reach: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return eigenvalues, the R^2 of z with each eigenfunction, and with Phi^-1(F(z)), from the densities on a grid.

    T = B* B with (B f)(s) = E[f(z) | s]: the singular values of B, squared, are T's eigenvalues.
    """
    from scipy.special import ndtri

    b = exp(0.5 * (lgamma(1 / alpha) - lgamma(3 / alpha)))
    z = np.linspace(-reach, reach, 801)
    source = np.exp(-(np.abs(z / sqrt(rho) / b) ** alpha))
    source /= source.sum()
    given = np.exp(-(np.abs((z[:, None] - z) / sqrt(1 - rho) / b) ** alpha))
    given /= given.sum(axis=0)
    share = given @ source
    z, given, share = z[share > 1e-14], given[share > 1e-14], share[share > 1e-14]
    left, singular, _ = np.linalg.svd(given * np.sqrt(source) / np.sqrt(share)[:, None])
    control = z * np.sqrt(share)
    control /= np.linalg.norm(control)
    u = ndtri((np.cumsum(share) - share / 2).clip(1e-300, 1 - 1e-16)) * np.sqrt(share)
    return singular[:6] ** 2, (left[:, :6].T @ control) ** 2, float((u / np.linalg.norm(u) @ control) ** 2)
