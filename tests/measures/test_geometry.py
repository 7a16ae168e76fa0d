"""Rotations are told from everything else."""

import numpy as np
import pytest

from worldprobe.measures.geometry import orthogonality_error, procrustes_error


@pytest.fixture
def z(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((20_000, 4))


@pytest.mark.parametrize("d", [4, 7])
def test_an_isometric_copy_has_no_error(z: np.ndarray, rng: np.random.Generator, d: int) -> None:
    q = np.linalg.qr(rng.standard_normal((d, 4)))[0]
    assert orthogonality_error(z, z @ q.T + 3) == pytest.approx(0, abs=1e-9)
    assert procrustes_error(z, z @ q.T + 3) == pytest.approx(0, abs=1e-9)


def test_a_doubled_copy_errs_by_what_it_adds(z: np.ndarray) -> None:
    assert orthogonality_error(z, 2 * z) == pytest.approx(np.sqrt(4) * 3)
    assert procrustes_error(z, 2 * z) == pytest.approx(z.var(axis=0).sum())


def test_an_unrelated_gaussian_errs_by_twice_the_dimension(z: np.ndarray, rng: np.random.Generator) -> None:
    assert procrustes_error(z, rng.standard_normal(z.shape)) == pytest.approx(8, rel=0.05)


def test_a_narrower_embedding_that_keeps_two_controls_errs_by_nothing_of_them(z: np.ndarray) -> None:
    assert procrustes_error(z, z[:, :2]) == pytest.approx(0, abs=1e-3)  # z is white up to sampling
