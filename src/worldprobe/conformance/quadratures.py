"""Which quadrature a SIGReg uses, from its responses to embeddings whose characteristic functions are known.

N equal embeddings x have the characteristic function exp(i t x), and equal halves at 0 and x have (1 + exp(i t x)) / 2.
The statistic is then a sum of cosines of t_j x: as a function of x it shows every knot t_j and its weight.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize_scalar

NEAR = np.linspace(0.0, 12.0, 61)
"""Positions that show the range of the knots, whatever their spacing."""
FAR = np.linspace(12.3, 140.0, 90)
"""Positions that show the spacing of the knots: the sum repeats after 2 pi / spacing."""

KNOTS = (*range(3, 66), 97, 100, 101, 127, 128, 129)
RANGES = np.round(np.concatenate([np.arange(0.5, 5.05, 0.1), np.arange(5.5, 8.1, 0.5), [np.pi, 2 * np.pi]]), 6)
FITS = 2e-3
"""A residual above this is another quadrature: single precision leaves about 1e-5."""


@dataclass(frozen=True)
class Rule:
    """A quadrature of an even integrand over [-t_max, t_max], by its knots t >= 0."""

    name: str
    knots: Callable[[int, float], Float[np.ndarray, " K"]]
    weights: Callable[[int, float], Float[np.ndarray, " K"]]
    gaussian_weight: bool = True
    odd: bool | None = None

    def takes(self, count: int) -> bool:
        """Return whether the rule is defined for so many knots."""
        return self.odd is None or self.odd == bool(count % 2)


@dataclass(frozen=True)
class Quadrature:
    """The best-fitting quadrature, the factor to it, and what it leaves unexplained of the response's variation."""

    knots: int
    t_max: float
    rule: str
    factor: float
    residual: float

    @property
    def fits(self) -> bool:
        """Whether the function is this quadrature, up to rounding."""
        return self.residual < FITS

    def responses(self, x: Float[np.ndarray, " X"]) -> Float[np.ndarray, " responses"]:
        """Return the statistic over N of point masses at x, then of halves at 0 and x."""
        rule = next(each for each in RULES if each.name == self.rule)
        return self.factor * _responses(rule.knots(self.knots, self.t_max), x) @ _weights(rule, self.knots, self.t_max)


def _trapezoid(count: int, t_max: float) -> Float[np.ndarray, " K"]:
    weights = np.full(count, 2.0 * t_max / (count - 1))
    weights[[0, -1]] /= 2.0
    return weights


def _simpson(count: int, t_max: float) -> Float[np.ndarray, " K"]:
    weights = np.full(count, 2.0 * t_max / (count - 1)) * np.where(np.arange(count) % 2, 4.0, 2.0) / 3.0
    weights[[0, -1]] /= 2.0
    return weights


def _equal(count: int, t_max: float) -> Float[np.ndarray, " K"]:
    return np.full(count, 2.0 * t_max / (count - 1))


def _both_sides(count: int, t_max: float) -> Float[np.ndarray, " K"]:
    """Of an even number of knots over [-t_max, t_max], the positive half: none of them is 0."""
    return np.linspace(-t_max, t_max, count)[count // 2 :]


def _both_sides_weights(count: int, t_max: float) -> Float[np.ndarray, " K"]:
    weights = np.full(count // 2, 4.0 * t_max / (count - 1))
    weights[-1] /= 2.0
    return weights


def _half(count: int, t_max: float) -> Float[np.ndarray, " K"]:
    return np.linspace(0.0, t_max, count)


RULES = (
    Rule("trapezoid on [0, t_max], doubled", _half, _trapezoid),
    Rule("Simpson on [0, t_max], doubled", _half, _simpson, odd=True),
    Rule("equal weights on [0, t_max]", _half, _equal),
    Rule("trapezoid on [-t_max, t_max], even number of knots", _both_sides, _both_sides_weights, odd=False),
    Rule("trapezoid on [0, t_max] without Gaussian weight", _half, _trapezoid, gaussian_weight=False),
)
"""The first is LeJEPA's. Over [-t_max, t_max], an odd number of knots K is the first rule with (K + 1) / 2."""


def fit_quadrature(measured: Float[np.ndarray, " responses"]) -> Quadrature:
    """Return the quadrature of the family that explains the responses at NEAR, then FAR, best; ties take fewer knots.

    `measured` holds the statistic over N: first of point masses, then of halves at 0 and x. Knots so far out that their
    weights are below rounding cannot be seen: of two quadratures that differ in such knots, it is the one without.
    """
    usual = _fits(17, 3.0, measured)[0]
    if usual.residual < 1e-4:
        return usual
    found = [each for count in KNOTS for t_max in RANGES for each in _fits(count, float(t_max), measured)]
    if min(each.residual for each in found) > FITS:  # the range is no round number: look between
        found += [_between(rule, count, measured) for rule in RULES for count in KNOTS if rule.takes(count)]
    least = min(each.residual for each in found)
    order = [rule.name for rule in RULES]
    ties = [each for each in found if each.residual <= max(2.0 * least, 1e-4)]
    return min(ties, key=lambda each: (order.index(each.rule), each.knots))


def _fits(count: int, t_max: float, measured: Float[np.ndarray, " responses"]) -> list[Quadrature]:
    """Return every rule with these knots, fitted."""
    return [Quadrature(count, t_max, name, *_fitted(f, measured)) for name, f in _known(count, t_max)]


@cache
def _known(count: int, t_max: float) -> list[tuple[str, Float[np.ndarray, " responses"]]]:
    """Return the responses of every rule with these knots; rules on the same knots share their cosines."""
    x, found = np.concatenate([NEAR, FAR]), []
    for knots in (_half, _both_sides):
        rules = [rule for rule in RULES if rule.knots is knots and rule.takes(count)]
        if rules:
            of_knots = _responses(knots(count, t_max), x)
            found += [(rule.name, of_knots @ _weights(rule, count, t_max)) for rule in rules]
    return found


def _between(rule: Rule, count: int, measured: Float[np.ndarray, " responses"]) -> Quadrature:
    """Return the best range of a rule: near 0 the response varies slowly with it, so that a search finds it."""
    near = np.concatenate([measured[: len(NEAR)], measured[len(NEAR) + len(FAR) :][: len(NEAR)]])
    x = np.concatenate([NEAR, FAR])

    def lack(t_max: float, x: Float[np.ndarray, " X"] = NEAR, y: Float[np.ndarray, " responses"] = near) -> float:
        return _fitted(_responses(rule.knots(count, t_max), x) @ _weights(rule, count, t_max), y)[1]

    start = float(min(RANGES[::3], key=lack))
    t_max = float(minimize_scalar(lack, bounds=(max(start - 0.4, 0.2), start + 0.4), method="bounded").x)
    t_max = min((t_max, round(t_max, 2), round(t_max, 1)), key=lambda each: lack(each, x, measured))
    factor, residual = _fitted(_responses(rule.knots(count, t_max), x) @ _weights(rule, count, t_max), measured)
    return Quadrature(count, t_max, rule.name, factor, residual)


def _fitted(f: Float[np.ndarray, " responses"], y: Float[np.ndarray, " responses"]) -> tuple[float, float]:
    """Return the factor, and the norm of what is left over that of the responses about their mean."""
    factor = float(f @ y) / max(float(f @ f), 1e-300)
    spread = float(np.linalg.norm(y - y.mean()))
    return factor, float(np.linalg.norm(y - factor * f)) / max(spread, 1e-300)


def _responses(t: Float[np.ndarray, " K"], x: Float[np.ndarray, " X"]) -> Float[np.ndarray, "responses K"]:
    cosine, g = np.cos(np.outer(x, t)), np.exp(-0.5 * t**2)
    return np.concatenate([1.0 + g**2 - 2.0 * g * cosine, (1.0 + cosine) * (0.5 - g) + g**2])


def _weights(rule: Rule, count: int, t_max: float) -> Float[np.ndarray, " K"]:
    window = np.exp(-0.5 * rule.knots(count, t_max) ** 2) if rule.gaussian_weight else 1.0
    return rule.weights(count, t_max) * window
