"""Probes read what is linear, and nothing else."""

import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from worldprobe.measures.probes import (
    RIDGE_PENALTIES,
    bootstrap_r2,
    bootstrap_weights,
    fit_probe,
    never_worse_than_the_mean,
)
from worldprobe.stats.r2 import r2_per_column


def test_a_rotated_scaled_and_shifted_copy_is_read_perfectly(rng: np.random.Generator) -> None:
    z = rng.standard_normal((500, 3))
    h = z @ np.linalg.qr(rng.standard_normal((3, 3)))[0] * 4 + 7
    assert r2_per_column(z[250:], fit_probe(h[:250], z[:250])(h[250:])) == pytest.approx(1.0)


def test_an_unrelated_embedding_reads_nothing_out_of_sample(rng: np.random.Generator) -> None:
    z, h = rng.standard_normal((2, 4000, 3))
    assert np.all(np.abs(r2_per_column(z[2000:], fit_probe(h[:2000], z[:2000])(h[2000:]))) < 0.02)


def test_an_even_function_of_a_control_does_not_reveal_it_linearly(rng: np.random.Generator) -> None:
    z = rng.standard_normal((20_000, 1))
    assert abs(r2_per_column(z, fit_probe(z**2, z)(z**2))[0]) < 0.01


def test_r2_is_one_minus_the_share_of_variance_missed(rng: np.random.Generator) -> None:
    z, noise = rng.standard_normal((2, 200_000, 1))
    assert r2_per_column(z, z + 0.5 * noise)[0] == pytest.approx(0.75, abs=0.01)


def test_ridge_survives_more_features_than_points(rng: np.random.Generator) -> None:
    x, y = rng.standard_normal((50, 200)), rng.standard_normal((50, 2))
    assert np.all(np.isfinite(fit_probe(x, y, ridge=True).weights))


def test_an_in_sample_fit_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="needs at least 202 points, 50 were given"):
        fit_probe(rng.standard_normal((50, 200)), rng.standard_normal((50, 2)))


def test_a_constant_control_has_no_r2() -> None:
    with pytest.raises(ValueError, match="column 1 of the truth is constant"):
        r2_per_column(np.stack([np.arange(4.0), np.ones(4)], axis=1), np.zeros((4, 2)))


@pytest.mark.slow
def test_the_bootstrap_covers_the_true_r2_about_95_times_in_100() -> None:
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        z, noise = rng.standard_normal((2, 400, 1))
        (low, high), each = bootstrap_r2(z, z + 0.5 * noise, rng)
        covered += low <= 0.75 <= high
        assert each[0] == pytest.approx((low, high))
    assert 88 <= covered <= 99


@pytest.mark.parametrize(("rows", "features"), [(400, 60), (60, 400), (100, 100)])
@pytest.mark.parametrize("noise", [0.1, 30.0, 1e4])
def test_the_ridge_probe_is_that_of_scikit_learn(
    rng: np.random.Generator, rows: int, features: int, noise: float
) -> None:
    x = rng.standard_normal((rows, features)) * np.geomspace(0.1, 30, features) + 3
    y = x @ rng.standard_normal((features, 3)) + noise * rng.standard_normal((rows, 3))
    ours = fit_probe(x, y, ridge=True)
    for column in range(3):  # each target has a penalty of its own
        theirs = RidgeCV(alphas=RIDGE_PENALTIES).fit(x, y[:, column])
        assert ours.weights[:, column] == pytest.approx(theirs.coef_, abs=1e-9)
        assert ours.intercept[column] == pytest.approx(theirs.intercept_, abs=1e-7)


def test_the_ridge_probe_of_many_bytes_is_that_of_numbers_and_holds_no_copy_of_them(rng: np.random.Generator) -> None:
    x = rng.integers(0, 256, (40_000, 200), dtype=np.uint8)
    y = x[:, :2] @ rng.standard_normal((2, 2)) + 300 * rng.standard_normal((40_000, 2))
    tracemalloc.start()
    ours = fit_probe(x, y, ridge=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * x.size / 2  # of a copy in float64
    theirs = RidgeCV(alphas=RIDGE_PENALTIES).fit(x[:, :].astype(np.float64), y[:, 0])
    assert ours.weights[:, 0] == pytest.approx(theirs.coef_, abs=1e-6)


def _walk(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return wide noise that says nothing of a slow walk, the walk, and blocks of 20 rows."""
    rng = np.random.default_rng(seed)
    walk = np.convolve(rng.standard_normal(rows + 19), np.ones(20), "valid")[:, None]
    slow = np.stack([np.convolve(rng.standard_normal(rows + 19), np.ones(20), "valid") for _ in range(60)], axis=1)
    return slow, walk, np.arange(rows) // 20


def test_a_ridge_probe_of_dependent_rows_leaves_out_blocks_and_prefers_the_mean_to_what_it_only_memorised() -> None:
    noise, walk, blocks = _walk(400, 0)
    more, target, _ = _walk(4000, 1)
    by_rows, by_blocks = (fit_probe(noise, walk, ridge=True, blocks=given) for given in (None, blocks))
    assert r2_per_column(target, by_rows(more))[0] < -0.05
    assert r2_per_column(target, by_blocks(more))[0] > r2_per_column(target, by_rows(more))[0]
    informed = fit_probe(np.concatenate([noise, walk], axis=1), walk, ridge=True, blocks=blocks)
    assert r2_per_column(target, informed(np.concatenate([more, target], axis=1)))[0] > 0.8


def test_a_reference_is_never_worse_than_the_mean() -> None:
    truth = np.random.default_rng(0).standard_normal((100, 2))
    found = never_worse_than_the_mean(truth, np.stack([0.9 * truth[:, 0], 5.0 - truth[:, 1]], axis=1))
    assert r2_per_column(truth, found) == pytest.approx([0.99, 0.0], abs=1e-3)


def test_intervals_of_dependent_points_are_wider_where_whole_blocks_are_resampled() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((60, 1)).repeat(20, axis=0)
    read = truth + 0.5 * rng.standard_normal((60, 1)).repeat(20, axis=0)
    blocks = np.arange(60).repeat(20)
    (low, high), _ = bootstrap_r2(truth, read, np.random.default_rng(1))
    (wide_low, wide_high), _ = bootstrap_r2(truth, read, np.random.default_rng(1), blocks)
    assert wide_high - wide_low > 3 * (high - low)
    assert bootstrap_weights(1200, np.random.default_rng(1), blocks).sum(axis=1) == pytest.approx(np.ones(500))
