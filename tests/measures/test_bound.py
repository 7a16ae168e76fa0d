"""Theorem 1's optimum and Theorem 3's bound hold, and are attained where the theory says so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldprobe.measures.bound import alignment_optimum, theorem3_bound
from worldprobe.measures.geometry import procrustes_error

PAIRS = 40_000


def ou_pairs(rng: np.random.Generator, rho: float, n: int = 2) -> tuple[np.ndarray, np.ndarray]:
    z = rng.standard_normal((PAIRS, n))
    return z, rho * z + np.sqrt(1 - rho**2) * rng.standard_normal((PAIRS, n))


def test_the_optimum_is_two_times_one_minus_the_mean_correlation() -> None:
    assert alignment_optimum(np.array([0.9, 0.5])) == pytest.approx(0.6)


def test_an_orthogonal_map_attains_the_bound(rng: np.random.Generator) -> None:
    z, z_next = ou_pairs(rng, 0.7)
    q = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    terms = theorem3_bound(z @ q, z_next @ q, 0.7)
    assert abs(terms.delta) < 0.03
    assert terms.value < 0.1


@settings(max_examples=25, deadline=None)
@given(rho=st.floats(0.2, 0.95), bend=st.floats(0, 1.5), stretch=st.floats(0.7, 1.4), seed=st.integers(0, 2**32))
def test_the_bound_holds_for_bent_and_stretched_embeddings(rho: float, bend: float, stretch: float, seed: int) -> None:
    def encode(z: np.ndarray) -> np.ndarray:
        return stretch * np.stack([z[:, 0] + bend * np.sin(2 * z[:, 1]), z[:, 1]], axis=1)

    z, z_next = ou_pairs(np.random.default_rng(seed), rho)
    terms = theorem3_bound(encode(z), encode(z_next), rho)
    # 0.03: sampling error of delta at 40,000 pairs, which 1 / (2 rho (1 - rho)) multiplies.
    slack = 0.03 / (2 * rho * (1 - rho))
    assert procrustes_error(z, encode(z)) <= terms.value + slack + 0.02


def test_a_nonlinear_feature_pays_rho_to_its_degree(rng: np.random.Generator) -> None:
    z, z_next = ou_pairs(rng, 0.8, n=1)
    hermite2 = [(x**2 - 1) / np.sqrt(2) for x in (z, z_next)]
    assert theorem3_bound(*hermite2, 0.8).delta == pytest.approx(2 * (0.8 - 0.8**2), abs=0.05)


@pytest.mark.parametrize("rho", [0.0, 1.0, -0.3])
def test_a_correlation_outside_the_theorem_is_refused(rho: float) -> None:
    with pytest.raises(ValueError, match="Theorem 3 needs 0 < rho < 1"):
        theorem3_bound(np.zeros((3, 1)), np.zeros((3, 1)), rho)
