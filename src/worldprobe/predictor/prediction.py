"""A prediction: the numbers with their intervals, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.errors import WorldprobeError
from worldprobe.measures.probes import fit_probe
from worldprobe.predictor.gaussian_coordinates import Marginals
from worldprobe.stats.r2 import r2_per_column


@dataclass(frozen=True)
class Embedding:
    """The ideal embedding as a function of the controls."""

    marginals: Marginals
    of_gaussian: Callable[[Float[np.ndarray, "N moving"]], Float[np.ndarray, "N d"]]

    def __call__(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the embedding of controls; beyond the sampled range it is an extrapolation."""
        return self.of_gaussian(self.marginals(z.astype(np.float64)))

    def r2_at(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, " n"]:
        """Return the linear R^2 of every control at these points, fitted there; 0 where it is constant."""
        each, varies = np.zeros(z.shape[1]), z.std(axis=0) > 0.0
        if varies.any():
            h = self(z)
            each[varies] = r2_per_column(z[:, varies], fit_probe(h, z[:, varies])(h))
        return each


@dataclass(frozen=True)
class Step:
    """The answer on one rung of the ladder of bases."""

    functions: int
    r2: float


@dataclass(frozen=True)
class CandidateSummary:
    """A measure-preserving map: its features' total pair correlation on held-out pairs, and its R^2."""

    name: str
    pair_correlation: float
    error: float
    r2: float
    gaussian: float
    """Mean squared Wasserstein distance of its projections to N(0, 1)."""


@dataclass(frozen=True)
class Elsewhere:
    """R^2 of the ideal embedding at other points, and the share of them beyond the range that the pairs have shown."""

    r2: float
    r2_per_control: Float[np.ndarray, " n"]
    outside: float


@dataclass(frozen=True)
class Prediction:
    """The linear R^2, h -> z, of the ideal encoder under an objective, on the world's own distribution of controls.

    Where `refused` is a sentence, the numbers are None: it says why, what was seen and what would change it.
    """

    objective: str
    d: int
    pairs: int
    """How many pairs were used."""
    refused: str | None
    r2: float | None = None
    """Mean over controls; one that never moves counts as 0."""
    r2_per_control: Float[np.ndarray, " n"] | None = None
    ci95: tuple[float, float] | None = None
    """Sampling error of the pairs, and what the last growth of the basis has changed."""
    ci95_per_control: Float[np.ndarray, "n 2"] | None = None
    pair_correlations: Float[np.ndarray, " d"] | None = None
    """Of the embedding's features, largest first: the alignment is 2 (d - their sum)."""
    alignment: float | None = None
    """E|h - h'|^2 per dimension of the best aligned map that was found, known also where its R^2 is not."""
    convergence: tuple[Step, ...] = ()
    """The answer as the basis grows."""
    proven: bool = False
    """Whether any optimum must have this R^2 (within 0.02): else it is that of the best map found."""
    bracket: tuple[float, float] | None = None
    """The mean R^2 that any whitened map aligned as well as this one has, whichever map that is."""
    candidates: tuple[Embedding, ...] = ()
    """Where it was refused because maps that are aligned equally well are read differently: those maps."""
    tried: tuple[CandidateSummary, ...] = ()
    notes: tuple[str, ...] = ()
    embedding: Embedding | None = None

    def features(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the ideal embedding at any controls; WorldprobeError where the prediction was refused."""
        return self._embedding()(z)

    def outside(self, z: Float[np.ndarray, "N n"]) -> Bool[np.ndarray, " N"]:
        """Return which points lie beyond the range of a control that the pairs have shown."""
        return self._embedding().marginals.outside(z)

    def at(self, z: Float[np.ndarray, "N n"]) -> Elsewhere:
        """Return the linear R^2 of the ideal embedding at other controls (a grid, the canonical set), fitted there.

        A control that is constant there counts as 0.
        """
        each = self._embedding().r2_at(z)
        return Elsewhere(float(each.mean()), each, float(self.outside(z).mean()))

    def _embedding(self) -> Embedding:
        if self.embedding is None:
            raise WorldprobeError(f"There is no ideal embedding to evaluate: {self.refused}")
        return self.embedding
