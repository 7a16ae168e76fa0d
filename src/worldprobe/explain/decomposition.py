"""Where the missing R^2 went: regime, scene, non-identifiability, style, data, optimisation. Numbers in, numbers out.

docs/decomposition.md has the reasoning behind every line here, and its limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.results.missing_r2 import MissingParts
from worldprobe.stats.epps_pulley import KNOTS, WEIGHTS

Each = Float[np.ndarray, " n"]
"""One number per control."""


@dataclass(frozen=True)
class Ends:
    """How a training ended. Alignments are E|h - h'|^2 per dimension, over the embedding's mean variance."""

    train: float | None
    """On training pairs; None where pairs are drawn afresh for every step, so that data are unlimited."""
    heldout: float
    optimum: float
    """Of the ideal encoder: 2 (1 - rho), the mean over the controls that move, or less where a better map is known."""
    rho: float
    """Mean pair correlation of the controls that move."""
    off_white: float
    """||Cov h - I||_F^2 / d: the share of dimensions that the embedding may have lost."""
    supervised: float | None = None
    """The alignment of a supervised encoder's readings on held-out pairs: what the frames allow, where it was measured.

    A sensor's noise differs between the two frames of a pair, so it costs alignment 2 rho (1 - R^2), and not the
    2 rho (1 - rho) (1 - R^2) of a feature of degree 2.
    """
    style: float | None = None
    """E|h - E_style h|^2 / E|h - E h|^2: the share of the embedding's variance that is style's; None without style."""

    @property
    def attainable(self) -> float:
        """The alignment that an encoder of these frames can reach: the optimum, or that of the supervised readings."""
        return self.optimum if self.supervised is None else max(self.optimum, self.supervised)

    @property
    def floor(self) -> float:
        """What is attainable for an encoder that shows as much of style: 2 (1 - rho) + 2 rho `style` if linear."""
        return self.attainable + (self.style or 0.0) * (2.0 - self.attainable)

    @property
    def data(self) -> float:
        """R^2 that finite data may have cost: what held-out pairs lack that training pairs, or the optimum, have."""
        return 0.0 if self.train is None else self._cost(self.heldout - max(self.train, self.floor))

    @property
    def optimisation(self) -> float:
        """R^2 that training may have left: what even training pairs lack, and dimensions that SIGReg did not keep."""
        reached = self.heldout if self.train is None else self.train
        return min(1.0, self._cost(reached - self.floor) + max(self.off_white, 0.0))

    def _cost(self, gap: float) -> float:
        """Return Theorem 3's D: the energy of degree 2 and more that buys this much alignment (arXiv 2605.26379)."""
        price = 2.0 * self.rho * (1.0 - self.rho)
        return float(np.clip(gap / price, 0.0, 1.0)) if price > 1e-9 else 0.0


def decompose(
    r2: Mapping[str, float],
    *,
    ceiling: Mapping[str, float] | None,
    least: Mapping[str, float] | None = None,
    supervised: Mapping[str, float] | None,
    ends: Ends | None,
    best_seed: Mapping[str, float] | None = None,
) -> dict[str, MissingParts]:
    """Return the parts of 1 - R^2 by control, in this order, each at most what those before it have left.

    All are R^2 by the controls' names. `ceiling` is predicted for the ideal encoder of the regime, None where the
    predictor refused: then only the scene is separated. Where several maps are aligned equally well, `ceiling` is what
    the best of them recovers of a control and `least` what the worst does. `ends` is None where alignment has no known
    optimum: data and optimisation then stay unexplained. `supervised` is what a supervised encoder, or any other
    reference that was given the frames, reads; None without one: then the scene stays in what follows. `best_seed` is
    the best of any seed.
    """
    names = list(r2)

    def each(given: Mapping[str, float] | None) -> Each | None:
        return None if given is None else np.array([given[name] for name in names], dtype=np.float64)

    measured = np.array(list(r2.values()), dtype=np.float64)
    parts = _parts(measured, each(ceiling), each(least), each(supervised), ends, each(best_seed))
    return {
        name: MissingParts.model_validate({part: None if v is None else float(v[i]) for part, v in parts.items()})
        for i, name in enumerate(names)
    }


def _parts(
    r2: Each, ceiling: Each | None, least: Each | None, supervised: Each | None, ends: Ends | None, best: Each | None
) -> dict[str, Each | None]:
    """Return the fields of `MissingParts` as arrays over controls; a part that cannot be separated is None."""
    missing = 1.0 - np.minimum(r2, 1.0)
    parts: dict[str, Each | None] = dict.fromkeys(MissingParts.model_fields)
    parts["missing"], left = missing, missing
    if ceiling is not None:
        parts["regime"] = regime = _at_most(1.0 - ceiling, left)
        left = left - regime
    if supervised is not None:
        parts["scene"] = scene = _at_most(1.0 - supervised, left)
        left = left - scene
    if ceiling is None:
        return parts | {"unexplained": left}
    parts["non_identifiability"] = open_ = _at_most(np.zeros_like(left) if least is None else ceiling - least, left)
    left = left - open_
    if ends is None:
        return parts | {"unexplained": left}
    luck = np.zeros_like(left) if best is None else _at_most(best - r2, left)
    left = left - luck
    hidden = 0.0 if parts["scene"] is None else float(parts["scene"].mean())
    style, data, optimisation = _shares(float(left.mean()), ends, hidden)
    rest = left * max(1.0 - style - data - optimisation, 0.0)
    shown = None if ends.style is None else left * style
    return parts | {
        "style": shown,
        "data": left * data,
        "optimisation": luck + left * optimisation,
        "unexplained": rest,
    }


def off_white_from_sigreg(value: float, samples: int, d: int, rho: float) -> float:
    """Return ||Cov h - I||_F^2 / d from SIGReg of `samples` embeddings, half of them partners of the others.

    To second order in the covariance, less what N(0, I) itself has: see docs/decomposition.md.
    """
    gaussian, partners = np.exp(-(KNOTS**2)), np.exp(-(1.0 - rho) * KNOTS**2)
    floor = float(WEIGHTS @ (1.0 - 2.0 * gaussian + partners))
    curvature = float(WEIGHTS @ (KNOTS**4 * gaussian)) / 4.0
    return max(value - floor, 0.0) / (samples * curvature) * (d + 2) / 2.0


def off_white_from_whitening(value: float, samples: int, d: int) -> float:
    """Return ||Cov h - I||_F^2 / d from the mean squared entry of a batch's Cov h - I, less a batch's own error."""
    return max(value - (d + 1) / (d * samples), 0.0) * d


def _at_most(part: Each, left: Each) -> Each:
    clipped: np.ndarray = np.clip(part, 0.0, left)
    return clipped


def _shares(left: float, ends: Ends, hidden: float) -> tuple[float, float, float]:
    """Return which shares of what is left go to style, data and optimisation: by their size, and no more than it.

    A dimension that the scene leaves empty costs nothing, whatever fills it: style first, and then what cannot be
    aligned. So much of the training pairs' gap is the scene's, where the alignment that the frames allow was not
    measured.
    """
    shown = ends.style or 0.0
    unaligned = max(hidden - shown, 0.0) if ends.supervised is None else 0.0
    sizes = max(shown - hidden, 0.0), ends.data, max(ends.optimisation - unaligned, 0.0)
    explained = sum(sizes)
    if explained <= 0.0 or left <= 0.0:
        return 0.0, 0.0, 0.0
    share = min(1.0, explained / left)
    style, data, optimisation = (share * size / explained for size in sizes)
    return style, data, optimisation
