"""Every registered regime keeps the contract that ships, and what is asked of ours beyond it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

import worldprobe as wp
from toy import CAMERA
from worldprobe.contracts.promise import ContractBroken
from worldprobe.errors import InvalidValue

NAMES = sorted(wp.regimes)


def controls_for(regime: wp.Regime) -> Sequence[wp.Control]:
    """A camera's controls, or an arm's for a regime that refuses a camera's."""
    try:
        regime.sample(64, CAMERA, np.random.default_rng(0))
    except InvalidValue:
        return wp.worlds["arm"]().controls
    return CAMERA


@pytest.fixture(params=NAMES)
def regime(request: pytest.FixtureRequest) -> wp.Regime:
    return wp.regimes[request.param]()


@pytest.mark.slow_after(1)
def test_a_registered_regime_keeps_its_contract(regime: wp.Regime) -> None:
    assert len(wp.check_regime(regime, controls=controls_for(regime)).kept) == 8


@pytest.mark.slow_after(1)
def test_means_are_near_the_centre(regime: wp.Regime) -> None:
    drawn = regime.sample(20_000, controls_for(regime), np.random.default_rng(0)).controls
    assert np.abs(drawn.mean(axis=0)).max() < 0.8


def test_a_datasheet_says_how_it_explores(regime: wp.Regime) -> None:
    assert len((type(regime).__doc__ or "").strip().splitlines()) > 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [{"rho": 1.0}, {"rho": -1.0}, {"rho": float("nan")}, {"no_such_setting": 1}])
def test_impossible_and_unknown_settings_are_refused(name: str, bad: dict[str, float]) -> None:
    make: Callable[..., wp.Regime] = wp.regimes[name]
    with pytest.raises(ValueError, match=r"rho|no_such_setting"):
        make(**bad)


class Faulty(wp.Regime):
    """A regime with one fault."""

    fault: str = ""

    def sample(self, frames: int, controls: Sequence[wp.Control], rng: np.random.Generator) -> wp.Pairs:
        if self.fault == "seeded":
            rng = np.random.default_rng(0)
        z = rng.standard_normal((frames, len(controls))).astype(np.float32)
        if self.fault == "nan":
            z[3, 0] = np.nan
        first = np.arange(0, frames - 1, 2)
        second = first + (2 if self.fault == "beyond" else 1)
        index = np.stack([second, first] if self.fault == "backwards" else [first, second], axis=1)
        return wp.Pairs(z[:-1] if self.fault == "short" else z, index)

    def exact_correlation(self, controls: Sequence[wp.Control]) -> np.ndarray | None:
        return np.full(len(controls), 0.5) if self.fault == "correlation" else None


@pytest.mark.parametrize(
    ("fault", "promise", "found"),
    [
        ("short", "exactly the frames", "instead of float32"),
        ("beyond", "exactly the frames", "a pair names frame 64, of 64"),
        ("backwards", "the earlier first", "not after"),
        ("seeded", "another stream gives others", "same sample"),
        ("nan", "finite", "NaN"),
        ("correlation", "the one that is measured", r"it states \[0.5"),
        ("", "every setting has a description", "no description of fault"),
    ],
)
def test_a_fault_is_named_with_what_was_found(fault: str, promise: str, found: str) -> None:
    with pytest.raises(ContractBroken, match=found) as error:
        wp.check_regime(Faulty(fault=fault), controls=CAMERA)
    assert any(promise in broken.says for broken in error.value.broken)
