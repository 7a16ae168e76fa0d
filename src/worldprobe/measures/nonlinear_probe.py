"""What can be decoded from an embedding at all, linearly or not: a small multilayer perceptron."""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from worldprobe.measures.row_blocks import RowBlocks, spread_over
from worldprobe.stats.r2 import r2_per_column

FITTED, SCORED = 20_000, 20_000
"""At most so many rows are fitted and scored: seconds, for any number of rows."""

HIDDEN = (64, 64)


def nonlinear_recovery(
    h: Float[np.ndarray, "rows d"], z: Float[np.ndarray, "rows n"], blocks: RowBlocks, seed: int = 0
) -> Float[np.ndarray, " n"]:
    """Return the R^2 of every state read by a perceptron with two hidden layers of 64, on blocks it was not fitted to.

    Forgives any smooth invertible map: it says what is decodable, not what is linear. With few rows it can lie below
    the linear R^2, and a powerful probe finds what no planner would use. One fold of the blocks is scored.
    """
    fold = blocks.folds[0]
    fit, score = spread_over(blocks.fitted(fold), FITTED), spread_over(blocks.scored(fold), SCORED)
    centre, scale = h[fit].mean(axis=0, dtype=np.float64), h[fit].std(axis=0, dtype=np.float64)
    mean, spread = z[fit].mean(axis=0), z[fit].std(axis=0)
    # A constant column's spread is rounding of its mean; a small column is not constant.
    scale, spread = (np.where(s > 1e-12 * np.abs(m), s, 1.0) for s, m in ((scale, centre), (spread, mean)))
    model = MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        batch_size=min(256, max(1, 9 * len(fit) // 10)),
        early_stopping=True,
        n_iter_no_change=8,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.set_params(max_iter=80).fit((h[fit] - centre) / scale, (z[fit] - mean) / spread)
    read = model.predict((h[score] - centre) / scale).reshape(len(score), z.shape[1]) * spread + mean
    found, varies = np.full(z.shape[1], np.nan), z[score].std(axis=0) > 0
    if varies.any():
        found[varies] = r2_per_column(z[score][:, varies], read[:, varies])
    return found
