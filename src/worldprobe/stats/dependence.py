"""Distance correlation: dependence between columns beyond linear correlation."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import pdist, squareform

FEWEST = 4
"""Rows below which the bias correction is not defined."""


def distance_correlation(x: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "n n"]:
    """Return the bias-corrected squared distance correlation between columns (Szekely & Rizzo 2014).

    0 between independent columns, up to sampling error of either sign; 1 between columns that are linear functions of
    one another; 0 with a constant one. Raises ValueError for fewer than 4 rows.
    """
    count = len(x)
    if count < FEWEST:
        raise ValueError(f"distance correlation needs {FEWEST} rows or more, {count} were given")
    centred = np.empty((x.shape[1], count * (count - 1) // 2), dtype=np.float32)
    for i, column in enumerate(x.T):
        d = squareform(pdist(column[:, None]))
        sums = d.sum(axis=0)
        d -= sums / (count - 2)
        d -= sums[:, None] / (count - 2)
        d += sums.sum() / ((count - 1) * (count - 2))
        centred[i] = d[np.triu_indices(count, 1)]
    products = centred.astype(np.float64) @ centred.T.astype(np.float64)
    scale = np.sqrt(np.diag(products))
    moves = np.outer(scale, scale) > 0.0
    return np.divide(products, np.outer(scale, scale), out=np.zeros_like(products), where=moves)
