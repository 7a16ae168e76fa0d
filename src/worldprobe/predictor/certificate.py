"""How much an alignment proves: the R^2 that any whitened map must have to be aligned at least so well.

A map h with Cov h = I spans a d-dimensional subspace of L^2; write P for the projection on it. Its total pair
correlation is tr P T and its R^2 for a control with standardised direction c is c^T P c. Both are linear in P, and the
projections' convex hull is {0 <= P <= I, tr P = d}. The least R^2 that a total of at least S allows is therefore a
linear programme over that hull, whose dual has one variable:

    min { tr P C : tr P T >= S }  =  max over m >= 0 of  m S + (the d least eigenvalues of C - m T)

(Ky Fan for the inner minimum). Every measure-preserving map is whitened, so this bounds SIGReg's optimum, whichever map
that is; for the largest R^2 the sign of C is turned.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar


def r2_given_alignment(
    correlations: Float[np.ndarray, " M"], controls: Float[np.ndarray, "M n"], d: int, total: float
) -> tuple[float, float]:
    """Return the least and the largest mean R^2 of whitened maps into R^d whose pair correlations add to `total`.

    `correlations` are T's eigenvalues and `controls` the standardised controls in its eigenfunctions; what of a control
    lies outside them is taken to keep no correlation. A `total` above the d largest eigenvalues' sum counts as the sum.
    """
    n = controls.shape[1]
    outside = np.sqrt((1.0 - (controls**2).sum(axis=0)).clip(0.0))
    eigenvalues = np.concatenate([correlations, np.zeros(n + d)])
    directions = np.concatenate([controls, np.diag(outside), np.zeros((d, n))])
    mean_r2 = directions @ directions.T / n
    total = min(total, float(np.sort(eigenvalues)[-d:].sum()))
    low = _least(mean_r2, eigenvalues, d, total)
    high = -_least(-mean_r2, eigenvalues, d, total)
    return float(np.clip(low, 0.0, 1.0)), float(np.clip(high, 0.0, 1.0))


def _least(quadratic: Float[np.ndarray, "M M"], eigenvalues: Float[np.ndarray, " M"], d: int, total: float) -> float:
    def negative_dual(log_multiplier: float) -> float:
        multiplier = np.exp(log_multiplier)
        spectrum = np.linalg.eigvalsh(quadratic - multiplier * np.diag(eigenvalues))
        return -float(multiplier * total + spectrum[:d].sum())

    # The dual is concave in the multiplier; any value of it is a valid bound, the largest the sharp one.
    found = minimize_scalar(negative_dual, bounds=(-8.0, 8.0), method="bounded", options={"xatol": 0.05})
    return -float(min(found.fun, negative_dual(-8.0)))
