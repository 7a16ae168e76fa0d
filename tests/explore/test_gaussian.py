"""The Gaussian regimes have the marginals, correlations and clips that they state."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from toy import CAMERA, PLANE
from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.explore import Gaussian, Jumps, Narrow, OneAxis, Pairs, Regime
from worldprobe.explore.visit_statistics import measure


def draw(regime: Regime, frames: int = 40_000, seed: int = 0) -> Pairs:
    return regime.sample(frames, PLANE, np.random.default_rng(seed))


def lag(pairs: Pairs, clip: int, k: int) -> float:
    """Correlation between frames k apart in the same clip."""
    walk = pairs.controls[: len(pairs.controls) // clip * clip, 0].reshape(-1, clip)
    return float(np.corrcoef(walk[:, :-k].ravel(), walk[:, k:].ravel())[0, 1])


@pytest.mark.parametrize("regime", [Gaussian(rho=0.9), Gaussian(rho=-0.5, clip=3), Gaussian(clip=50), Jumps(p=0.3)])
def test_each_member_of_a_pair_is_standard_normal(regime: Regime) -> None:
    """Kolmogorov-Smirnov on frames far enough apart to be independent."""
    pairs = draw(regime)
    clip = regime.settings()["clip"]
    for member in (0, clip - 1):
        for column in pairs.controls[member::clip].T:
            assert stats.kstest(column, "norm").pvalue > 0.01


def test_marginals_of_a_long_clip_are_the_same_at_every_time() -> None:
    walk = draw(Gaussian(rho=0.95, clip=100), 200_000).controls[:, 0].reshape(-1, 100)
    np.testing.assert_allclose(walk.std(axis=0), 1.0, atol=0.08)
    assert stats.ks_2samp(walk[:, 0], walk[:, -1]).pvalue > 0.01


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("clip", [2, 25])
def test_pair_correlation_is_rho_for_pairs_and_for_clips(rho: float, clip: int) -> None:
    pairs = draw(Gaussian(rho=rho, clip=clip), 100_000)
    np.testing.assert_allclose(measure(pairs).pair_correlation, rho, atol=0.02)


@pytest.mark.parametrize(("degree", "power"), [(2, 2), (3, 3)])
def test_hermite_degree_d_has_pair_correlation_rho_to_the_d(degree: int, power: int) -> None:
    """Theorem 1's reason: each degree of nonlinearity costs alignment."""
    pairs = draw(Gaussian(rho=0.7), 400_000)
    hermite = np.polynomial.hermite_e.HermiteE.basis(degree)
    first, second = hermite(pairs.first[:, 0].astype(float)), hermite(pairs.second[:, 0].astype(float))
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.7**power, abs=0.015)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_frames_k_apart_in_a_clip_have_correlation_rho_to_the_k(k: int) -> None:
    assert lag(draw(Gaussian(rho=0.8, clip=20), 200_000), 20, k) == pytest.approx(0.8**k, abs=0.02)


def test_independent_pairs_use_each_frame_once_and_clips_are_independent() -> None:
    pairs = draw(Gaussian(rho=0.9))
    np.testing.assert_array_equal(pairs.index, np.arange(40_000).reshape(-1, 2))
    between = np.corrcoef(pairs.controls[1:-1:2, 0], pairs.controls[2::2, 0])[0, 1]
    assert abs(between) < 0.03


@pytest.mark.parametrize(("frames", "clip", "pairs"), [(2, 2, 1), (5, 2, 2), (7, 3, 4), (4, 9, 3), (10, 5, 8)])
def test_pairs_stay_within_clips_whatever_is_left_over(frames: int, clip: int, pairs: int) -> None:
    index = draw(Gaussian(clip=clip), frames).index
    assert len(index) == pairs
    assert (index[:, 0] // clip == index[:, 1] // clip).all()
    assert (index[:, 1] - index[:, 0] == 1).all()


def test_controls_are_independent_of_each_other() -> None:
    correlation = measure(draw(Gaussian(rho=0.5))).correlation
    np.testing.assert_allclose(correlation, np.eye(2), atol=0.02)


def test_rho_per_control_is_taken_by_name_not_by_order() -> None:
    regime = Gaussian(rho={"y": 0.2, "x": 0.9})
    np.testing.assert_array_equal(regime.exact_correlation(PLANE), [0.9, 0.2])
    np.testing.assert_allclose(measure(draw(regime)).pair_correlation, [0.9, 0.2], atol=0.02)


def test_rho_for_a_control_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'pitch'"):
        Gaussian(rho={"pitsch": 0.5}).sample(10, CAMERA, np.random.default_rng(0))


def test_rho_for_only_some_controls_names_the_missing_ones() -> None:
    with pytest.raises(InvalidValue, match="y missing"):
        draw(Gaussian(rho={"x": 0.5}), 10)


@pytest.mark.parametrize("frames", [0, 1])
def test_fewer_than_two_frames_are_refused(frames: int) -> None:
    with pytest.raises(InvalidValue, match="frames = "):
        draw(Gaussian(), frames)


def test_a_world_without_controls_is_refused() -> None:
    with pytest.raises(InvalidValue, match="controls"):
        Gaussian().sample(10, (), np.random.default_rng(0))


@pytest.mark.parametrize("settings", [{"rho": 1.0}, {"rho": {"x": -1.0}}, {"clip": 1}, {"clip": 2.5}])
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Gaussian.model_validate(settings)


def test_narrow_is_the_gaussian_world_shrunk() -> None:
    wide, narrow = draw(Gaussian(rho=0.8)), draw(Narrow(scale=0.25, rho=0.8))
    np.testing.assert_allclose(narrow.controls, 0.25 * wide.controls, rtol=1e-6)
    assert stats.kstest(narrow.first[:, 0] / 0.25, "norm").pvalue > 0.01


@pytest.mark.parametrize("control", ["yaw", "dolly"])
def test_one_axis_moves_and_the_others_stay_at_their_centre(control: str) -> None:
    regime = OneAxis(control=control, rho=0.6)
    controls = regime.sample(20_000, CAMERA, np.random.default_rng(0)).controls
    column = [spec.name for spec in CAMERA].index(control)
    assert stats.kstest(controls[::2, column], "norm").pvalue > 0.01
    assert not np.delete(controls, column, axis=1).any()
    exact = regime.exact_correlation(CAMERA)
    assert exact[column] == 0.6
    assert np.isnan(np.delete(exact, column)).all()


@pytest.mark.parametrize("ask", [OneAxis().exact_correlation, OneAxis().exact_marginal, lambda _: draw(OneAxis())])
def test_yaw_only_cannot_explore_a_world_without_yaw(ask: Callable[..., object]) -> None:
    with pytest.raises(InvalidValue, match=r"'yaw'.*x, y"):
        ask(PLANE)


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("clip", [2, 30])
def test_jumps_leave_every_hermite_degree_its_share_of_correlation(p: float, clip: int) -> None:
    pairs = draw(Jumps(p=p, rho=0.8, clip=clip), 200_000)
    np.testing.assert_allclose(measure(pairs).pair_correlation, (1 - p) * 0.8, atol=0.02)
    squares = np.corrcoef(pairs.first[:, 0] ** 2, pairs.second[:, 0] ** 2)[0, 1]
    assert squares == pytest.approx((1 - p) * 0.8**2, abs=0.03)


def test_a_jump_takes_all_controls_at_once() -> None:
    """With rho near 1 a step is either tiny in both controls or a teleport in both."""
    pairs = draw(Jumps(p=0.5, rho=0.99999))
    far = np.abs(pairs.second - pairs.first) > 0.1
    assert far[:, 0].mean() == pytest.approx(0.47, abs=0.03)
    assert (far[:, 0] == far[:, 1]).mean() > 0.9
