"""Controls in Gaussian coordinates, and what they are rounded to."""

import numpy as np
import pytest
from scipy.special import ndtri

from predictor.worlds import ou
from worldprobe.predictor.binned_pairs import cell_pairs
from worldprobe.predictor.gaussian_coordinates import fit_marginals, monotone_map
from worldprobe.stats.jackknife import sample_pairs


@pytest.mark.parametrize("law", [np.exp, np.sinh, np.tanh, lambda u: u**3], ids=["exp", "sinh", "tanh", "cube"])
def test_an_increasing_function_of_a_gaussian_is_undone(law: object, rng: np.random.Generator) -> None:
    u = rng.standard_normal(100_000)
    found = monotone_map(law(u))(law(u))  # type: ignore[operator]
    assert np.sqrt(np.mean((found - u) ** 2)) < 0.02
    assert np.all(np.diff(found[np.argsort(u)]) >= 0)


def test_beyond_the_sample_the_map_goes_straight_on_and_says_so(rng: np.random.Generator) -> None:
    found = monotone_map(2 + 3 * rng.standard_normal(100_000))
    far = np.array([2 - 3 * 6.0, 2.0, 2 + 3 * 6.0])
    assert found(far) == pytest.approx([-6, 0, 6], abs=1.0)
    assert found.outside(far).tolist() == [True, False, True]


def test_a_control_that_piles_up_at_its_limits_is_not_thrown_far_beyond_them(rng: np.random.Generator) -> None:
    z = np.sin(0.5 * np.pi * rng.uniform(-1, 1, 100_000))  # arcsine law: dense at both ends
    found = monotone_map(z)
    beyond = found(np.array([1.1, 1.2])) - found(np.array([1.0]))
    assert beyond == pytest.approx(
        np.array([0.1, 0.2]) * (found.u[-1] - found.u[0]) / (found.z[-1] - found.z[0]), rel=0.01
    )


def test_equal_values_share_the_middle_of_their_ranks() -> None:
    found = monotone_map(np.repeat([0.0, 1.0, 5.0], [250, 500, 250]))
    assert found(np.array([0.0, 1.0, 5.0])) == pytest.approx(ndtri([0.125, 0.5, 0.875]))
    assert found.atom == 0.5


def test_a_control_that_never_moves_has_no_coordinate(rng: np.random.Generator) -> None:
    z = rng.standard_normal((1000, 3))
    z[:, 1] = 0.3
    marginals = fit_marginals(z)
    assert marginals.moving.tolist() == [True, False, True]
    assert marginals(z).shape == (1000, 2)
    assert not marginals.outside(z + np.array([0, 100, 0])).any()
    assert marginals.outside(z + np.array([100, 0, 0])).all()


def test_cells_round_by_less_than_they_are_wide_and_keep_the_pairs_correlation(rng: np.random.Generator) -> None:
    z = sample_pairs(*ou(rng, 20_000, [0.8]), None, 10**6, rng)
    marginals = fit_marginals(z.pooled)
    cells = cell_pairs(marginals, z)
    width = cells.centres[1] - cells.centres[0]
    assert np.abs(cells.centres[cells.first] - marginals(z.first)).max() <= width / 2 + 1e-12
    joint = cells.joint(0)
    assert np.array_equal(joint, joint.T)
    assert joint.sum() == pytest.approx(1)
    assert cells.centres @ joint @ cells.centres == pytest.approx(0.8, abs=0.01)
