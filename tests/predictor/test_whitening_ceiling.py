"""The whitened ceiling against closed forms, and its refusals."""

import numpy as np
import pytest

from predictor.worlds import ou, reflecting_box, siblings, siblings_by_quadrature
from worldprobe.predictor.predict import predict
from worldprobe.predictor.prediction import IdealEncoder


def whitened(pairs: tuple[np.ndarray, np.ndarray], **kwargs: object) -> IdealEncoder:
    return predict(*pairs, "whitening", rng=np.random.default_rng(1), **kwargs)  # type: ignore[arg-type]


def answer(prediction: IdealEncoder) -> float:
    assert prediction.refused is None
    assert prediction.r2 is not None
    return prediction.r2


@pytest.mark.parametrize(("n", "rho"), [(1, 0.9), (2, 0.7), (2, 0.3), (6, 0.8)])
def test_of_gaussian_pairs_the_best_encoder_is_linear(rng: np.random.Generator, n: int, rho: float) -> None:
    found = whitened(ou(rng, 30_000, [rho] * n))
    assert answer(found) >= 0.999
    assert found.pair_correlations == pytest.approx(np.full(n, rho), abs=0.01)


def test_of_one_gaussian_control_the_kth_feature_keeps_the_kth_power(rng: np.random.Generator) -> None:
    found = whitened(ou(rng, 150_000, [0.9]), d=3)
    assert found.pair_correlations == pytest.approx(0.9 ** np.arange(1, 4), abs=0.01)
    assert answer(found) >= 0.999


def test_of_a_reflecting_box_the_features_are_cosines(rng: np.random.Generator) -> None:
    pairs = reflecting_box(rng, 60_000, 2, 0.05)
    found = whitened(pairs)
    assert answer(found) == pytest.approx(96 / np.pi**4, abs=0.003)
    assert found.pair_correlations == pytest.approx(np.exp(-(np.pi**2) * 0.05) * np.ones(2), abs=0.01)
    h = found.features(pairs[0])
    cosines = np.cos(np.pi * pairs[0]) * np.sqrt(2)
    assert np.linalg.svd(h.T @ cosines / len(h))[1] == pytest.approx([1, 1], abs=0.01)


@pytest.mark.parametrize(("rho", "kept"), [([0.9, 0.7], 0.0), ([0.8, 0.75], 1.0)])
def test_a_fast_control_is_kept_only_above_the_square_of_a_slow_one(
    rng: np.random.Generator, rho: list[float], kept: float
) -> None:
    found = whitened(ou(rng, 40_000, rho))
    assert answer(found) == pytest.approx((1 + kept) / 2, abs=0.01)
    assert list(found.r2_per_control.values()) == pytest.approx([1, kept], abs=0.02)
    assert found.pair_correlations == pytest.approx([rho[0], max(rho[1], rho[0] ** 2)], abs=0.015)


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(("alpha", "reach"), [(1.5, 8), (4, 4), (16, 3.5)])
def test_of_siblings_it_is_that_of_the_densities(rng: np.random.Generator, alpha: float, reach: float) -> None:
    eigenvalues, r2, _ = siblings_by_quadrature(alpha, 0.9025, reach)
    found = whitened(siblings(rng, 150_000, alpha, 0.9025))
    assert found.pair_correlations == pytest.approx(eigenvalues[1:2], abs=0.005)
    assert answer(found) == pytest.approx(r2[1], abs=0.008)
    assert found.ci95 is not None
    assert found.ci95[0] - 0.002 <= r2[1] <= found.ci95[1] + 0.002


def test_mixing_the_controls_linearly_changes_nothing(rng: np.random.Generator) -> None:
    first, second = reflecting_box(rng, 40_000, 2, 0.05)
    mixed = np.array([[1.0, 0.8], [0.2, 1.0]])
    assert answer(whitened((first @ mixed, second @ mixed))) == pytest.approx(96 / np.pi**4, abs=0.006)


def test_a_control_that_never_moves_counts_as_zero_and_the_rest_is_predicted(rng: np.random.Generator) -> None:
    first, second = ou(rng, 30_000, [0.8, 0.8, 0.7])
    first[:, 1] = second[:, 1] = 0.4
    found = whitened((first, second), d=2)
    assert list(found.r2_per_control.values()) == pytest.approx([1, 0, 1], abs=0.005)
    assert answer(found) == pytest.approx(2 / 3, abs=0.003)


def test_more_dimensions_than_controls_are_filled_with_nonlinear_features(rng: np.random.Generator) -> None:
    first, second = ou(rng, 30_000, [0.8] * 3)
    first[:, 1:] = second[:, 1:] = 0
    found = whitened((first, second))
    assert found.pair_correlations == pytest.approx([0.8, 0.64, 0.512], abs=0.02)
    assert answer(found) == pytest.approx(1 / 3, abs=0.001)


@pytest.mark.slow
def test_the_interval_covers_the_truth() -> None:
    truth, covered = 96 / np.pi**4, 0
    for seed in range(20):
        found = whitened(reflecting_box(np.random.default_rng(seed), 4_000, 1, 0.05))
        assert found.ci95 is not None
        covered += found.ci95[0] <= truth <= found.ci95[1]
    assert covered >= 17


@pytest.mark.slow
def test_undeclared_walks_get_the_wider_interval_of_declared_ones(rng: np.random.Generator) -> None:
    walk = np.empty((100, 101, 1))
    walk[:, 0] = rng.standard_normal((100, 1))
    for step in range(100):
        walk[:, step + 1] = 0.98 * walk[:, step] + np.sqrt(1 - 0.98**2) * rng.standard_normal((100, 1))
    z = np.sinh(walk / 2)  # not Gaussian, so that R^2 depends on the sample
    first, second = z[:, :-1].reshape(-1, 1), z[:, 1:].reshape(-1, 1)
    shuffled = rng.permutation(len(first))
    half_widths = []
    for pairs, groups in (((first, second), 100), ((first, second), None), ((first[shuffled], second[shuffled]), None)):
        found = predict(*pairs, "sigreg", rng=np.random.default_rng(0), groups=groups)
        low, high = found.ci95 or (0.0, 1.0)
        half_widths.append(high - low)
    assert half_widths[0] == pytest.approx(half_widths[1], rel=0.3)
    assert half_widths[2] < 0.6 * half_widths[0]


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_tails_as_heavy_as_an_exponentials_are_refused(rng: np.random.Generator, alpha: float) -> None:
    found = whitened(siblings(rng, 100_000, alpha, 0.9025))
    assert found.r2 is None
    assert found.refused is not None
    assert "does not settle as the basis grows" in found.refused
    assert "z1 has heavy tails" in found.refused
    assert len(found.convergence) == 4


def test_features_of_indistinguishable_correlations_are_refused_where_it_matters(rng: np.random.Generator) -> None:
    found = whitened(ou(rng, 20_000, [0.8, 0.64]))
    assert found.refused is not None
    assert "do not distinguish" in found.refused
    assert whitened(ou(rng, 20_000, [0.8, 0.8]), d=1).refused is None  # either direction reads half


def test_teleports_that_share_nothing_are_refused(rng: np.random.Generator) -> None:
    found = whitened((rng.standard_normal((20_000, 2)), rng.standard_normal((20_000, 2))))
    assert found.refused is not None
    assert "sampling error alone" in found.refused
