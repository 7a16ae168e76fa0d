"""Functions of the controls that eigenfunctions are sought among: splines of one control, products over controls.

Natural cubic splines on equally spaced knots in Gaussian coordinates are straight lines beyond their last knot. A
polynomial of degree k grows like u^k there, and a handful of rare pairs then makes an eigenvalue of its own (for
generalised-normal controls of shape 1.5 a degree of 7 already does, at 200,000 pairs). Knots of a longer reach include
those of a shorter one, so eigenvalues can only grow along the rungs of a ladder of bases: a variational principle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, UInt16
from scipy.interpolate import CubicSpline

KNOT_STEP = 0.5


@dataclass(frozen=True)
class Curves:
    """Functions of one Gaussian coordinate: natural cubic splines through `values` at `knots`."""

    knots: Float[np.ndarray, " knots"]
    values: Float[np.ndarray, "knots functions"]

    def __call__(self, u: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N functions"]:
        """Return every function at every point; straight lines beyond the knots."""
        spline = CubicSpline(self.knots, self.values, bc_type="natural")
        found = spline(np.clip(u, self.knots[0], self.knots[-1]))
        for beyond, end in ((u < self.knots[0], self.knots[0]), (u > self.knots[-1], self.knots[-1])):
            found[beyond] += (u[beyond] - end)[:, None] * spline(end, 1)
        return found

    def combined(self, weights: Float[np.ndarray, "functions chosen"]) -> Curves:
        """Return linear combinations of these functions."""
        return Curves(self.knots, self.values @ weights)


def cardinal_splines(reach: float) -> Curves:
    """Return the natural cubic splines that are 1 at one knot and 0 at the others, knots from -reach to reach."""
    count = 2 * round(reach / KNOT_STEP) + 1
    return Curves(np.linspace(-reach, reach, count), np.eye(count))


@dataclass(frozen=True)
class ProductBasis:
    """Products over controls of functions of one control each; row j of `index` has product j's function per control.

    0 stands for the constant 1, k > 0 for column k - 1 of that control's curves.
    """

    curves: tuple[Curves, ...]
    index: Int[np.ndarray, "functions n"]

    def __call__(self, u: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N functions"]:
        """Return every product at every point."""
        return self._products([curves(column) for curves, column in zip(self.curves, u.T, strict=True)]).T

    def tabled(self, centres: Float[np.ndarray, " cells"]) -> TabledBasis:
        """Return this basis as a function of cells."""
        return TabledBasis(self, [curves(centres).astype(np.float32) for curves in self.curves])

    def chosen(self, functions: Int[np.ndarray, " chosen"]) -> ProductBasis:
        """Return the basis of some of the products."""
        return ProductBasis(self.curves, self.index[functions])

    def _products(self, columns: Sequence[Float[np.ndarray, "N _"]]) -> Float[np.ndarray, "products N"]:
        found = np.ones((len(self.index), len(columns[0])), dtype=columns[0].dtype)
        for own, degrees in zip(columns, self.index.T, strict=True):
            rows = np.ascontiguousarray(own.T)
            for product in np.flatnonzero(degrees):
                found[product] *= rows[degrees[product] - 1]
        return found

    def __len__(self) -> int:
        return len(self.index)


@dataclass(frozen=True)
class TabledBasis:
    """A product basis whose functions of one coordinate have been tabulated at the cells' centres."""

    basis: ProductBasis
    tables: Sequence[Float32[np.ndarray, "cells _"]]

    def __call__(self, cells: UInt16[np.ndarray, "N n"]) -> Float32[np.ndarray, "N functions"]:
        """Return every product at every point, float32."""
        return self.basis._products([table[own] for table, own in zip(self.tables, cells.T, strict=True)]).T


LEAST_CORRELATION = 0.3
"""A control's k-th function counts as if it kept at least this to the power k between the members of a pair.

Controls may share what neither of them keeps alone (their product, say), so low degrees are never left out.
"""


def slowest_products(correlations: Sequence[Float[np.ndarray, " _"]], at_most: int) -> Int[np.ndarray, "products n"]:
    """Return the products that would keep the most between the members of a pair, were the controls independent.

    `correlations` has each control's eigenvalues, in order; independent controls multiply theirs, so this choice holds
    the leading eigenfunctions of independent controls exactly, and low total degrees come first for dependent ones.
    """
    index, weight = np.zeros((1, 0), dtype=np.int64), np.ones(1)
    for own in correlations:
        least = LEAST_CORRELATION ** np.arange(1, len(own) + 1)
        kept = np.concatenate([[1.0], np.abs(own).clip(least, 1.0)])
        index = np.column_stack([np.repeat(index, len(kept), axis=0), np.tile(np.arange(len(kept)), len(index))])
        weight = (weight[:, None] * kept).ravel()
        # A further factor only takes away: what is beyond the best here stays beyond. The constant comes first.
        best = np.argsort(-weight, kind="stable")[: at_most + 1]
        index, weight = index[best], weight[best]
    return index[1:]
