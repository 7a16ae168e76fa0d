"""Controls that are mixtures of independent ones are predicted as if those had been observed."""

import numpy as np
import pytest
from scipy.special import ndtr

from predictor.worlds import ou, reflecting_box
from worldprobe.predictor.gaussian_coordinates import fit_marginals
from worldprobe.predictor.predict import predict
from worldprobe.predictor.unmixing import unmixed


def bent(u: np.ndarray) -> np.ndarray:
    return np.stack([np.sinh(u[:, 0] / 2), u[:, 1] * np.abs(u[:, 1]), ndtr(u[:, 2])], axis=1)


MIXING = np.array([[1.0, -0.6, 0.3], [0.5, 1.2, -0.4], [0.2, 0.7, 2.0]])


@pytest.mark.slow
def test_mixed_bent_controls_are_read_as_well_as_their_components_are(rng: np.random.Generator) -> None:
    first, second = (bent(u) @ MIXING.T for u in ou(rng, 30_000, [0.8] * 3))
    found = predict(first, second, "sigreg", rng=np.random.default_rng(1))
    # corr(f(u), u)^2: 1 / (4 sinh(1/4)); (2 sqrt(2 / pi))^2 / 3; 3 / pi. The mixture's: weighted by variance.
    own = np.array([1 / (4 * np.sinh(0.25)), 8 / np.pi / 3, 3 / np.pi])
    variance = np.array([np.exp(0.25) * np.sinh(0.25), 3.0, 1 / 12])
    truth = (MIXING**2 @ (own * variance)) / (MIXING**2 @ variance)
    assert list(found.r2_per_control.values()) == pytest.approx(truth, abs=0.004)
    assert found.ci95[0] <= truth.mean() <= found.ci95[1]
    h = found.features(first)
    assert np.cov(h, rowvar=False) == pytest.approx(np.eye(3), abs=0.03)


def test_axes_separate_walls_that_are_turned(rng: np.random.Generator) -> None:
    first, second = reflecting_box(rng, 20_000, 2, 0.05)
    turn = np.array([[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]])
    pooled = np.concatenate([first, second]) @ turn
    found = unmixed(fit_marginals(pooled), pooled, rng)
    assert found.axes is not None
    through = np.abs(turn @ found.axes)
    through /= through.max(axis=0)
    assert np.sort(through, axis=0)[0] == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("case", ["independent", "bent", "curved", "atoms"])
def test_coordinates_stay_as_they_are_where_they_are_independent_or_not_mixtures(
    rng: np.random.Generator, case: str
) -> None:
    u = rng.standard_normal((20_000, 3))
    pooled = {
        "independent": u,
        "bent": bent(u),
        "curved": np.stack([u[:, 0], u[:, 0] ** 2 + 0.3 * u[:, 1], u[:, 2]], axis=1),
        "atoms": np.where(u > 1.0, 1.0, u),
    }[case]
    before = fit_marginals(pooled)
    assert unmixed(before, pooled, rng) is before
