"""What every regime promises, run over every registered one."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from toy import CAMERA
from worldprobe.errors import InvalidValue
from worldprobe.explore import REGIMES, Pairs, Regime
from worldprobe.explore.visit_statistics import measure
from worldprobe.world import WORLDS, Control

FRAMES = (64, 501, 6000)
NAMES = sorted(set(REGIMES) - {"recorded"})  # which draws nothing: tests/recordings/test_training.py


def controls_for(regime: Regime) -> Sequence[Control]:
    """A camera's controls, or an arm's for a regime that refuses a camera's."""
    try:
        regime.sample(64, CAMERA, np.random.default_rng(0))
    except InvalidValue:
        return WORLDS["arm"]().controls
    return CAMERA


def draw(regime: Regime, frames: int, seed: int = 0) -> Pairs:
    return regime.sample(frames, controls_for(regime), np.random.default_rng(seed))


@pytest.fixture(params=NAMES)
def regime(request: pytest.FixtureRequest) -> Regime:
    return REGIMES[request.param]()


@pytest.mark.parametrize("frames", FRAMES)
def test_exactly_the_frames_asked_for_and_every_pair_among_them(regime: Regime, frames: int) -> None:
    pairs = draw(regime, frames)
    assert pairs.controls.shape == (frames, len(controls_for(regime)))
    assert pairs.controls.dtype == np.float32
    assert pairs.index.dtype == np.int64
    assert pairs.index.shape[1] == 2
    assert len(pairs.index) > 0
    assert pairs.index.min() >= 0
    assert pairs.index.max() < frames
    assert (pairs.index[:, 0] < pairs.index[:, 1]).all()
    assert len(np.unique(pairs.index, axis=0)) == len(pairs.index)


def test_same_stream_gives_the_same_pairs_and_another_gives_others(regime: Regime) -> None:
    once, again, other = draw(regime, 500), draw(regime, 500), draw(regime, 500, seed=1)
    np.testing.assert_array_equal(once.controls, again.controls)
    np.testing.assert_array_equal(once.index, again.index)
    assert not np.array_equal(once.controls, other.controls)


def test_every_value_is_finite_and_within_what_the_world_can_reach(regime: Regime) -> None:
    controls = draw(regime, 6000).controls
    assert np.isfinite(controls).all()
    for spec, column in zip(controls_for(regime), controls.T, strict=True):
        assert (np.abs(spec.physical(column) - spec.centre) < spec.limit).all()


def test_settings_make_the_same_regime_again(regime: Regime) -> None:
    again = type(regime).model_validate(regime.settings())
    assert again == regime
    np.testing.assert_array_equal(draw(again, 200).controls, draw(regime, 200).controls)


def test_exact_correlations_are_those_measured(regime: Regime) -> None:
    exact = regime.exact_correlation(controls_for(regime))
    if exact is None:
        assert regime.exact_marginal(controls_for(regime)) is None
        return
    measured = measure(draw(regime, 40_000)).pair_correlation
    np.testing.assert_array_equal(np.isnan(exact), np.isnan(measured))
    np.testing.assert_allclose(measured, exact, atol=0.025)


def test_means_are_near_the_centre(regime: Regime) -> None:
    assert np.abs(measure(draw(regime, 20_000)).mean).max() < 0.8


def test_drawing_leaves_no_state_behind(regime: Regime) -> None:
    rng = np.random.default_rng(3)
    controls = controls_for(regime)
    first, second = regime.sample(200, controls, rng), regime.sample(200, controls, rng)
    assert not np.array_equal(first.controls, second.controls)
    assert not np.shares_memory(first.controls, second.controls)


def test_a_datasheet_and_a_description_of_every_setting(regime: Regime) -> None:
    kind: type[Regime] = type(regime)
    assert kind.__doc__
    assert len(kind.__doc__.strip().splitlines()) > 3
    silent = [name for name, field in kind.model_fields.items() if not field.description]
    assert not silent


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [{"rho": 1.0}, {"rho": -1.0}, {"rho": float("nan")}, {"no_such_setting": 1}])
def test_impossible_and_unknown_settings_are_refused(name: str, bad: dict[str, float]) -> None:
    make: Callable[..., Regime] = REGIMES[name]
    with pytest.raises(ValueError, match=r"rho|no_such_setting"):
        make(**bad)
