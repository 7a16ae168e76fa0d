"""The closed forms for unequal pair correlations, held against flows that keep N(0, I) and against the quoted rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictor.hermite import degrees, gaussian_grid, hermite, products
from worldprobe.errors import InvalidValue
from worldprobe.predictor.unequal_correlations import sigreg_margin, whitening_margin


def total_correlation_along_the_flow(rho: np.ndarray, time: float) -> float:
    """S of the map that flows N(0, I_2) for a time along h_20 e_2 - h_11 e_1 / sqrt(2), over its length."""
    nodes, weights = gaussian_grid(2, 36)

    def field(z: np.ndarray) -> np.ndarray:
        first, second = hermite(z[:, 0], 2), hermite(z[:, 1], 2)
        return np.stack([-first[:, 1] * second[:, 1] / np.sqrt(2), first[:, 2]], axis=1) / np.sqrt(1.5)

    h, steps = nodes, 20
    for _ in range(steps):  # Runge and Kutta's fourth order
        k1 = field(h)
        k2 = field(h + time / steps / 2 * k1)
        k3 = field(h + time / steps / 2 * k2)
        h = h + time / steps / 6 * (k1 + 2 * k2 + 2 * k3 + field(h + time / steps * k3))
    index = degrees(2, 8)
    coefficients = products(nodes, index).T @ (weights[:, None] * h)
    covariance = h.T @ (weights[:, None] * h)
    assert covariance == pytest.approx(np.eye(2), abs=1e-4)  # the flow keeps the measure
    return float((np.prod(rho**index, axis=1) @ coefficients**2).sum())


@pytest.mark.parametrize("rho", [(0.95, 0.6), (0.95, 0.9), (0.7, 0.7), (0.8, 0.1)])
def test_the_second_variation_is_that_of_a_flow_that_keeps_the_measure(rho: tuple[float, float]) -> None:
    slow, fast = rho
    time = 0.02
    sides = [total_correlation_along_the_flow(np.array(rho), side) for side in (time, -time)]
    variation = (np.mean(sides) - (slow + fast)) / time**2
    predicted = (2 * (slow**2 - fast) + (slow * fast - slow)) / 3
    assert variation == pytest.approx(predicted, abs=2e-3)


@given(slow=st.floats(0.55, 0.97), below=st.floats(0.01, 0.3))
@settings(max_examples=25, deadline=None)
def test_sigreg_keeps_the_fast_control_above_a_threshold_of_its_own(slow: float, below: float) -> None:
    threshold = slow * (2 * slow - 1) / (2 - slow)
    assert sigreg_margin(np.array([slow, min(threshold + below, slow)])) > 0
    assert sigreg_margin(np.array([slow, max(threshold - below, 0.0)])) < 0 or threshold < below


def test_near_correlation_one_sigreg_bears_a_ratio_of_rates_of_four_and_whitening_of_two() -> None:
    rate = 1e-3
    for ratio, whitened, gaussian in ((1.9, True, True), (2.1, False, True), (3.9, False, True), (4.1, False, False)):
        rho = np.exp(-rate * np.array([1.0, ratio]))
        assert (whitening_margin(rho) > 0) == whitened
        assert (sigreg_margin(rho) > 0) == gaussian


def test_equal_correlations_are_safe_under_both() -> None:
    for rho in (0.05, 0.5, 0.95):
        assert whitening_margin(np.full(4, rho)) == pytest.approx(rho - rho**2)
        assert sigreg_margin(np.full(4, rho), degree=5) > 0


def test_a_correlation_of_one_is_refused() -> None:
    with pytest.raises(InvalidValue, match="between -1 and 1"):
        sigreg_margin(np.array([1.0, 0.5]))
