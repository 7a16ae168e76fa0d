"""What a loss makes of embeddings of one dimension, where every unit direction is 1 or -1 and chance plays no part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from worldprobe.conformance.implementation import ALLOWED, Implementation
from worldprobe.conformance.quadratures import FAR, NEAR, Quadrature, fit_quadrature
from worldprobe.errors import InvalidValue

SAME = 1e-3
"""Relative difference below which two values are one: single precision leaves about 1e-5."""
ROWS = 8


@dataclass(frozen=True)
class AcceptedShapes:
    """What a loss accepts, and whether alignment is part of it."""

    rows: bool
    one_view: bool
    views: bool
    alignment: bool

    def embeddings(self, samples: Float[np.ndarray, "N d"] | Float[np.ndarray, " N"]) -> Tensor:
        """Return samples in a form that it accepts and in which views, where there are any, do not differ."""
        x = torch.tensor(np.reshape(samples, (len(samples), -1)), dtype=torch.float32)
        if self.alignment or not (self.rows or self.one_view):
            return torch.stack([x, x])
        return x if self.rows else x[None]

    @property
    def copies(self) -> int:
        """How many views `embeddings` has."""
        return 2 if self.alignment or not (self.rows or self.one_view) else 1

    def __str__(self) -> str:
        shapes = ["(N, d)"] * (self.rows and not self.alignment) + ["(views, N, d)"] * self.views
        return " and ".join(shapes or ["(N, d)" if self.rows else "(1, N, d)"])


@dataclass(frozen=True)
class Scaling:
    """The exponents p of N^p and q of V^q in the statistic of copies of the same samples."""

    exponent: float
    views_exponent: float | None

    @property
    def times_n(self) -> bool | None:
        """Whether the statistic is N times a mean; None where it is neither that nor a mean."""
        return True if abs(self.exponent - 1) < 0.05 else False if abs(self.exponent) < 0.05 else None

    def __str__(self) -> str:
        if self.times_n is None:
            return f"N^{self.exponent:.2f} times the distance of the distributions"
        return "N times the distance of the distributions" if self.times_n else "their distance, whatever N"


def shapes(loss: Implementation) -> AcceptedShapes:
    """Return what the loss accepts; raises InvalidValue where it takes neither (N, 1) nor (views, N, 1)."""
    draws = torch.randn(2, 64, 1, generator=torch.Generator().manual_seed(0))
    rows, one, two = loss.accepts(draws[0]), loss.accepts(draws[:1]), loss.accepts(draws)
    if not (rows or one or two):
        loss(draws)  # says why
        raise InvalidValue("loss", loss.source, ALLOWED)
    if not two:
        return AcceptedShapes(rows, one, False, alignment=False)
    # SIGReg is bounded, alignment is not: it quadruples where pairs are twice as far apart.
    near, far = (loss.value(torch.stack([draws[0], draws[0] + apart])) for apart in (1000.0, 2000.0))
    return AcceptedShapes(rows, one, True, alignment=far > 2 * near)


def scaling(loss: Implementation, takes: AcceptedShapes) -> Scaling:
    """Return how the statistic grows with the number of samples, and of equal views."""
    samples = np.linspace(-1.0, 2.5, ROWS)

    def value(copies: int, views: int | None = None) -> float:
        h = takes.embeddings(np.tile(samples, copies))
        found = loss.value(h if views is None else torch.stack([h if h.ndim == 2 else h[0]] * views))
        if found <= 0:
            raise InvalidValue(
                "loss", found, "a positive number for embeddings that are not N(0, I)", f"{loss.source}."
            )
        return found

    exponent = float(np.log2(value(4) / value(1)) / 2)
    if not takes.views:
        return Scaling(exponent, None)
    return Scaling(exponent, float(np.log2(value(1, 4) / value(1, 2))))


def check_responds(loss: Implementation, takes: AcceptedShapes) -> None:
    """Raise InvalidValue for a loss without a gradient, or with one value whatever the embeddings are."""
    wide, narrow = (takes.embeddings(np.linspace(-1.0, 2.5, ROWS) * scale) for scale in (1.0, 0.3))
    value, slope = loss.gradient(wide)
    if not slope.any() and value == loss.value(narrow):
        raise InvalidValue("loss", value, "a number that depends on the embeddings", f"{loss.source}.")


def quadrature(loss: Implementation, takes: AcceptedShapes) -> Quadrature:
    """Return the best-fitting quadrature of the loss's value at `ROWS` rows, not divided by N."""
    x = np.concatenate([NEAR, FAR])
    points = [loss.value(takes.embeddings(np.full(ROWS, each))) for each in x]
    halves = [loss.value(takes.embeddings(np.repeat([0.0, each], ROWS // 2))) for each in x]
    return fit_quadrature(np.array(points + halves))


def gradient_error(loss: Implementation, takes: AcceptedShapes, found: Quadrature) -> float | None:
    """Return the relative error of the loss's gradient against the fitted quadrature's; None where that does not fit.

    For N equal samples x the statistic is known in closed form, and all gradients are alike.
    """
    if not found.fits:
        return None
    step, at = 1e-4, np.array([0.7, 1.3, 2.1])
    slopes = [loss.gradient(takes.embeddings(np.full(ROWS, each)))[1].sum().item() for each in at]
    wanted = (found.responses(at + step)[:3] - found.responses(at - step)[:3]) / (2 * step)
    return float(np.linalg.norm(slopes - wanted) / np.linalg.norm(wanted))
