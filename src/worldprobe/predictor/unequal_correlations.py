"""Unequal pair correlations: where a linear encoder stops being the optimum of a Gaussian world, in closed form.

For Ornstein-Uhlenbeck pairs with one correlation rho_i per control, a product of Hermite polynomials of degrees a_i
keeps prod_i rho_i^(a_i). Both margins are positive where the linear map is safe; docs/predictor.md derives them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from worldprobe.errors import InvalidValue


def whitening_margin(rho: Float[np.ndarray, " n"]) -> float:
    """Return min rho - max rho^2: positive iff the best whitened encoder of n dimensions is linear (d = n).

    The slowest control's second degree is the strongest nonlinear feature; it takes a dimension from the fastest
    control as soon as its correlation is the larger one (arXiv 2605.26379). Raises InvalidValue outside (-1, 1).
    """
    _check(rho)
    return float(rho.min() - (rho**2).max())


def sigreg_margin(rho: Float[np.ndarray, " n"], degree: int = 8) -> float:
    """Return minus the largest second variation of the total pair correlation at the linear map, among Gaussian maps.

    Positive: the linear map is a strict local maximum of alignment among maps that keep N(0, I) (rotations apart).
    Negative: it is a saddle, and SIGReg's optimum is not linear. With X = sum_i x_i H_(b - e_i) e_i a field of Hermite
    products whose flow keeps N(0, I), sum_i sqrt(b_i) x_i = 0, the second variation is sum_i x_i^2 a_i with
    a_i = rho^(b - e_i) - rho_i; the fields of different b do not mix. All b of total degree 3 to `degree` are looked at
    (degree 2 are the rotations; the condition is sharpest at 3 for two controls). Raises InvalidValue outside (-1, 1).
    """
    _check(rho)
    n = len(rho)
    variations = [_largest_variation(rho, np.array(b)) for total in range(3, degree + 1) for b in _exponents(n, total)]
    return -max(variations)


def _largest_variation(rho: Float[np.ndarray, " n"], b: Int[np.ndarray, " n"]) -> float:
    used = np.flatnonzero(b)
    if len(used) == 1:
        return -np.inf  # one control alone: no field keeps its measure
    with_one_less = b - np.eye(len(b), dtype=int)[used]
    a = np.prod(rho ** with_one_less.clip(0), axis=1) - rho[used]
    # The quadratic form on the hyperplane of fields that keep the measure.
    normal = np.sqrt(b[used] / b[used].sum())
    plane = np.linalg.svd(normal[None, :])[2][1:]
    return float(np.linalg.eigvalsh((plane * a) @ plane.T)[-1])


def _exponents(n: int, total: int) -> Iterator[tuple[int, ...]]:
    if n == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in _exponents(n - 1, total - first))


def _check(rho: Float[np.ndarray, " n"]) -> None:
    if not np.all(np.abs(rho) < 1.0):
        raise InvalidValue("rho", rho.tolist(), "pair correlations between -1 and 1, one per control")
