"""Splines are straight beyond their knots, longer reaches include shorter ones, products come slowest first."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldprobe.predictor.basis import LEAST_CORRELATION, Curves, ProductBasis, cardinal_splines, slowest_products


def test_a_straight_line_is_in_the_basis_everywhere() -> None:
    splines = cardinal_splines(2.0)
    u = np.linspace(-6, 6, 101)
    assert splines(u) @ (3 * splines.knots - 1) == pytest.approx(3 * u - 1)
    assert splines(u).sum(axis=1) == pytest.approx(np.ones(101))


def test_functions_are_straight_beyond_the_knots() -> None:
    beyond = cardinal_splines(1.5)(np.array([2.0, 3.0, 4.0]))
    assert beyond[0] - 2 * beyond[1] + beyond[2] == pytest.approx(np.zeros(7), abs=1e-9)


def test_a_longer_reach_includes_a_shorter_one() -> None:
    short, long = cardinal_splines(1.5), cardinal_splines(3.0)
    u = np.linspace(-5, 5, 201)
    assert long(u) @ short(long.knots) == pytest.approx(short(u), abs=1e-9)


@given(
    correlations=st.lists(
        st.lists(st.floats(-1, 1), min_size=2, max_size=4).map(lambda own: sorted(own, reverse=True)),
        min_size=1,
        max_size=3,
    ),
    at_most=st.integers(1, 12),
)
@settings(max_examples=50, deadline=None)
def test_the_products_chosen_keep_at_least_as_much_as_any_left_out(
    correlations: list[list[float]], at_most: int
) -> None:
    kept = [
        [1.0, *(min(max(abs(r), LEAST_CORRELATION ** (k + 1)), 1.0) for k, r in enumerate(own))] for own in correlations
    ]

    def keeps(index: tuple[int, ...]) -> float:
        return float(np.prod([own[k] for own, k in zip(kept, index, strict=True)]))

    every = [index for index in product(*[range(len(own)) for own in kept]) if any(index)]
    chosen = [tuple(row) for row in slowest_products([np.array(own) for own in correlations], at_most).tolist()]
    assert len(chosen) == len(set(chosen)) == min(at_most, len(every))
    assert sorted(map(keeps, chosen)) == pytest.approx(sorted(map(keeps, every))[-len(chosen) :])


def test_a_product_is_the_product_of_its_curves_and_its_table_agrees(rng: np.random.Generator) -> None:
    knots = np.linspace(-3, 3, 13)
    curves = (Curves(knots, np.stack([knots, knots**2], axis=1)), Curves(knots, np.sin(knots)[:, None]))
    basis = ProductBasis(curves, np.array([[2, 1], [1, 0]]))
    centres = np.linspace(-4, 4, 512)
    cells = rng.integers(0, 512, (50, 2)).astype(np.uint16)
    u = centres[cells]
    assert basis(u)[:, 0] == pytest.approx(curves[0](u[:, 0])[:, 1] * curves[1](u[:, 1])[:, 0])
    assert basis(u)[:, 1] == pytest.approx(u[:, 0])
    assert basis.tabled(centres)(cells) == pytest.approx(basis(u), abs=1e-5)
