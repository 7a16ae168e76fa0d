"""What an alignment proves holds for every map tried, and is sharp at both ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worldprobe.predictor.certificate import r2_given_alignment


@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_every_whitened_map_lies_in_its_bracket(seed: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    correlations = np.sort(rng.uniform(-0.5, 1, 8))[::-1]
    controls = np.linalg.qr(rng.standard_normal((8, 2)))[0]
    near_the_top = np.eye(8, d) + rng.uniform(0, 1) * rng.standard_normal((8, d))
    frame = np.linalg.qr(near_the_top)[0]
    total = float((correlations[:, None] * frame**2).sum())
    low, high = r2_given_alignment(correlations, controls, d, total)
    assert low - 1e-6 <= ((frame.T @ controls) ** 2).sum() / 2 <= high + 1e-6


def test_the_best_alignment_leaves_no_choice() -> None:
    correlations = np.array([0.9, 0.8, 0.3, 0.1])
    controls = np.array([[1.0, 0], [0, np.sqrt(0.7)], [0, np.sqrt(0.3)], [0, 0]])
    low, high = r2_given_alignment(correlations, controls, 2, 1.7)
    assert (low, high) == pytest.approx((0.85, 0.85), abs=0.01)


def test_half_the_gap_lets_half_a_feature_be_swapped() -> None:
    correlations, controls = np.array([0.8, 0.4, 0.0]), np.array([[1.0], [0.0], [0.0]])
    low, high = r2_given_alignment(correlations, controls, 1, 0.6)
    assert (low, high) == pytest.approx((0.5, 1.0), abs=0.01)
