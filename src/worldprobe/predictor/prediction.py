"""A prediction's record together with the ideal encoder that it is of, which can be evaluated at any controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from pydantic import PrivateAttr

from worldprobe.errors import WorldprobeError
from worldprobe.measures.probes import fit_probe
from worldprobe.predictor.gaussian_coordinates import Marginals
from worldprobe.results.predicted import Prediction
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
class Elsewhere:
    """R^2 of the ideal embedding at other points, and the share of them beyond the range that the pairs have shown."""

    r2: float
    r2_per_control: Float[np.ndarray, " n"]
    outside: float


class IdealEncoder(Prediction):
    """The prediction of the linear R^2, h -> z, of an objective's ideal encoder, and that encoder as a function.

    Its numbers are the record's. Where `refused` is a sentence they are None: it says why, what was found and what
    would change it.
    """

    _names: tuple[str, ...] = PrivateAttr(())
    _embedding: Embedding | None = PrivateAttr(None)
    _equally_aligned: tuple[Embedding, ...] = PrivateAttr(())
    _in_full: IdealEncoder | None = PrivateAttr(None)

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        embedding: Embedding | None = None,
        equally_aligned: Sequence[Embedding] = (),
        **numbers: Any,
    ) -> IdealEncoder:
        """Make it from the record's fields and the embedding, or the several that are aligned equally well."""
        made = cls(**numbers)
        made._names, made._embedding, made._equally_aligned = tuple(names), embedding, tuple(equally_aligned)
        return made

    def changed(self, **numbers: Any) -> IdealEncoder:
        """Return the same ideal encoder with other numbers in its record."""
        return IdealEncoder.of(self._names, self._embedding, self._equally_aligned, **(self.model_dump() | numbers))

    def instead_of(self, full: IdealEncoder) -> IdealEncoder:
        """Return itself, which stands in for this full prediction, which was refused."""
        self._in_full = full
        return self

    @property
    def in_full(self) -> IdealEncoder | None:
        """The refused full prediction of the same pairs that this one stands in for; None where it is the full one."""
        return self._in_full

    @property
    def embedding(self) -> Embedding:
        """The ideal embedding; WorldprobeError where the prediction was refused."""
        if self._embedding is None:
            raise WorldprobeError(f"There is no ideal embedding to evaluate: {self.refused}")
        return self._embedding

    @property
    def equally_aligned(self) -> tuple[Embedding, ...]:
        """Of a refused prediction: the maps that are aligned equally well, the best one first; else none."""
        return self._equally_aligned

    def features(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N d"]:
        """Return the ideal embedding at any controls; WorldprobeError where the prediction was refused."""
        return self.embedding(z)

    def beyond(self, z: Float[np.ndarray, "N n"]) -> Bool[np.ndarray, " N"]:
        """Return which points lie beyond the range of a control that the pairs have shown."""
        return self.embedding.marginals.outside(z)

    def at(self, z: Float[np.ndarray, "N n"]) -> Elsewhere:
        """Return the linear R^2 of the ideal embedding at other controls (a grid, the canonical set), fitted there.

        A control that is constant there counts as 0.
        """
        each = self.embedding.r2_at(z)
        return Elsewhere(float(each.mean()), each, float(self.beyond(z).mean()))

    def record(self, test: Float[np.ndarray, "points n"] | None = None) -> Prediction:
        """Return the record alone, with what the ideal encoder recovers of `test` controls where they are given.

        Of a refused prediction, that is what every one of the equally well aligned maps recovers of them.
        """
        scores: dict[str, Any] = {}
        if test is not None and self._embedding is not None:
            there = self.at(test)
            scores = {"r2_on_test": there.r2, "outside": there.outside}
            scores["r2_on_test_per_control"] = self._named(there.r2_per_control)
        elif test is not None:
            scores = {"candidates": [self._named(own.r2_at(test)) for own in self._equally_aligned]}
        return Prediction.model_validate(self.model_dump() | scores)

    def _named(self, values: Float[np.ndarray, " n"]) -> dict[str, float]:
        return dict(zip(self._names, values.tolist(), strict=True))
