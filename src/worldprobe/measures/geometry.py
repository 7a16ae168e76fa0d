"""How near the map from controls to embedding is to a rotation.

The public code of arXiv 2605.26379 calls two different things `orth_err`; here each has its own name.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.measures.probes import fit_probe


def orthogonality_error(z: Float[np.ndarray, "N n"], h: Float[np.ndarray, "N d"]) -> float:
    """Return ||A^T A - I||_F, where h is regressed on z as A z + b: 0 for an orthogonal copy of the controls."""
    a = fit_probe(z, h).weights.T
    return float(np.linalg.norm(a.T @ a - np.eye(z.shape[1])))


def procrustes_error(z: Float[np.ndarray, "N n"], h: Float[np.ndarray, "N d"]) -> float:
    """Return min_Q E||h - E h - Q (z - E z)||^2 over maps Q with orthonormal columns (rows, where d < n).

    The left side of Theorem 3 (arXiv 2605.26379), in units of the embedding's variance: 0 for an orthogonal copy,
    about 2 n for an unrelated Gaussian one. Q is U V^T of the singular value decomposition of E[h z^T], which is the
    minimiser where d >= n, and for d < n where the controls are white.
    """
    z0, h0 = z - z.mean(axis=0), h - h.mean(axis=0)
    u, _, vt = np.linalg.svd(h0.T.astype(np.float64) @ z0.astype(np.float64), full_matrices=False)
    return float(((h0 - z0 @ (u @ vt).T) ** 2).sum(axis=1).mean())
