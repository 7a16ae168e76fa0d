"""Matrix products whose bytes do not depend on the batch.

BLAS adds the terms of a product in an order that depends on the batch's size and on the number of threads, so a row may
come out one bit different alone and in a batch. Products on a grid coarse enough to be exact in float64 are the same in
every order. What a number has below the grid is 2^-18 at most, and only its product is rounded.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

_STEPS = 2.0**17
_WEIGHT_STEPS = 2.0**24


def on_grid(weights: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """Return the weights rounded to multiples of 2^-24, as `steady_product` wants them."""
    return np.rint(weights * _WEIGHT_STEPS) / _WEIGHT_STEPS


def steady_product(
    z: Float64[np.ndarray, "*rows a"], weights: Float64[np.ndarray, "a b"]
) -> Float64[np.ndarray, "*rows b"]:
    """Return z @ weights; the same to about 1e-20 in any batch, hence nearly always to the bit.

    `weights` come from `on_grid`. The coarse part is exact while sum_i |z_i weights_ij| < 2^12 = 4096.
    """
    coarse = np.rint(z * _STEPS) / _STEPS
    return coarse @ weights + (z - coarse) @ weights
