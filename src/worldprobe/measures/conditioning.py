"""How unevenly the embedding scales the states: the condition number of the linear map from states to embedding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.measures.block_moments import BlockMoments, least_squares

RESOLVED = 3.0
"""The smallest singular value is known where it is this many times its sampling error."""


GROUPS = 8


@dataclass(frozen=True)
class Conditioning:
    """Singular values of A in h = A z + b, states of unit variance; `error` is the sampling error of any of them."""

    singular: Float[np.ndarray, " k"]
    error: float

    @property
    def number(self) -> float | None:
        """Largest over smallest singular value; None where the smallest may be 0 as far as these rows tell."""
        if self.singular[-1] <= RESOLVED * self.error:
            return None
        return float(self.singular[0] / self.singular[-1])


def conditioning(moments: BlockMoments) -> Conditioning:
    """Return the singular values of the regression of h on z, min(d, n) of them, and their sampling error.

    1 for a rotation and scale. Forgives translation, rotation and one scale; nothing else of the linear map. The error
    is the spectral norm by which the maps of eight groups of blocks differ from the whole's, over the root of 8.
    """
    blocks = np.flatnonzero(moments.count)
    whole = _map(moments, blocks)
    groups = [blocks[first::GROUPS] for first in range(min(GROUPS, len(blocks)))]
    apart = [np.linalg.norm(_map(moments, group) - whole, 2) for group in groups]
    return Conditioning(np.linalg.svd(whole, compute_uv=False), float(np.linalg.norm(apart)) / len(groups))


def _map(moments: BlockMoments, blocks: Int[np.ndarray, " k"]) -> Float[np.ndarray, "n d"]:
    covariance = moments.covariance(blocks)
    weights = least_squares(covariance, moments.z, moments.h)
    spread = np.sqrt(np.diag(moments.covariance())[moments.z])
    return weights * spread[:, None] * moments.scale[moments.h]
