"""How far an embedding ignores style: what of it changes when style alone is drawn afresh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from worldprobe.measures.probes import fit_probe
from worldprobe.results.style_record import StyleRecord
from worldprobe.stats.r2 import r2_per_column


def style_variance(h: Float[np.ndarray, "N d"], restyled: Float[np.ndarray, "N d"]) -> float:
    """Return E|f - E_style f|^2 over E|f - E f|^2, from embeddings of the same controls in two independent styles.

    Of two independent draws, half the mean squared difference is the variance within controls. 0 for an embedding that
    ignores style, 1 for one that shows nothing else; 0 for one that is constant.
    """
    both = np.concatenate([h, restyled]).astype(np.float64)
    total = float(both.var(axis=0).sum())
    within = float(((h.astype(np.float64) - restyled) ** 2).sum(axis=1).mean()) / 2.0
    return min(within / total, 1.0) if total > 1e-12 else 0.0


def alignment_floor(rho: float, style: float) -> float:
    """Return the least E|h - h'|^2 per dimension of a whitened h = g + e, e a share `style` of its variance.

    g is linear in controls of pair correlation rho, e depends on style, drawn independently for both: the sum over n
    dimensions is 2 (1 - rho) (n - sigma^2) + 2 sigma^2 = 2 (1 - rho) n + 2 rho sigma^2, sigma^2 = n `style`.
    """
    return 2.0 * (1.0 - rho) + 2.0 * rho * style


def measure_style(
    names: Sequence[str],
    probe: tuple[Float[np.ndarray, "M d"], Float[np.ndarray, "M s"]],
    test: tuple[Float[np.ndarray, "N d"], Float[np.ndarray, "N s"]],
    restyled: Float[np.ndarray, "N d"],
    explored: tuple[Float[np.ndarray, "K d"], Float[np.ndarray, "K d"]] | None = None,
) -> StyleRecord:
    """Return what canonical frames show of an embedding's dependence on style.

    `probe` and `test` are embeddings with the style of their frames; `restyled` are the test frames' controls in
    another style; `explored` the regime's held-out frames in two styles, where there are any.
    """
    read = r2_per_column(test[1], fit_probe(*probe)(test[0]))
    variance = style_variance(test[0], restyled)
    return StyleRecord(
        invariance=1.0 - variance,
        r2_per_style=dict(zip(names, read.tolist(), strict=True)),
        variance_in_regime=None if explored is None else style_variance(*explored),
    )
