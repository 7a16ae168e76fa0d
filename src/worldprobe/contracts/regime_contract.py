"""What every regime promises, checked on one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldprobe.contracts.promise import Contract, ContractReport
from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.explore.visit_statistics import measure
from worldprobe.world.world import WORLDS, Control, World, open_world

FRAMES = (64, 501, 6000)
CORRELATION_FRAMES, CORRELATION_ERROR = 40_000, 0.025


class _Drawn:
    """A regime and the controls that it explores."""

    def __init__(self, regime: Regime, controls: Sequence[Control]) -> None:
        self.regime, self.controls = regime, controls

    def draw(self, frames: int, seed: int = 0, regime: Regime | None = None) -> Pairs:
        return (regime or self.regime).sample(frames, self.controls, np.random.default_rng(seed))


CONTRACT: Contract[_Drawn] = Contract()


def check_regime(
    regime: Regime | type[Regime] | str, world: World | str | None = None, *, controls: Sequence[Control] | None = None
) -> ContractReport:
    """Check what every regime promises on a regime, a class or a registered name.

    It explores `world` (an instance or a name) or any `controls`; by default those of the room, or the arm's where it
    refuses the room's. Returns the promises that were checked; raises ContractBroken with each broken one, what was
    found and how to fix it.
    """
    kind = REGIMES[regime] if isinstance(regime, str) else regime
    made = kind() if isinstance(kind, type) else kind
    if controls is None and world is not None:
        controls = open_world(world).controls
    return CONTRACT.check(f"The regime {type(made).__name__}", _Drawn(made, controls or _default_controls(made)))


def _default_controls(regime: Regime) -> Sequence[Control]:
    room = WORLDS["room"]().controls
    try:
        regime.sample(64, room, np.random.default_rng(0))
    except InvalidValue:
        return WORLDS["arm"]().controls
    except Exception:  # a promise is broken, and says so
        return room
    return room


@CONTRACT.promise(
    "It draws exactly the frames that were asked for; a pair is two of them, the earlier first, and occurs once.",
    fix="Return Pairs(controls, index): float32 (frames, n), and int64 (pairs, 2) with index[:, 0] < index[:, 1].",
    first=True,
)
def _counts(drawn: _Drawn) -> str | None:
    for frames in FRAMES:
        pairs = drawn.draw(frames)
        expected = (frames, len(drawn.controls))
        if pairs.controls.shape != expected or pairs.controls.dtype != np.float32:
            return f"controls are {pairs.controls.dtype} {pairs.controls.shape} instead of float32 {expected}"
        index = pairs.index
        if index.dtype != np.int64 or index.ndim != 2 or index.shape[1] != 2 or not len(index):
            return f"the index is {index.dtype} {index.shape} instead of int64 (pairs, 2), with a pair or more"
        if index.min() < 0 or index.max() >= frames:
            return f"a pair names frame {int(index.max())}, of {frames}"
        if not (index[:, 0] < index[:, 1]).all():
            return "a pair's second frame is not after its first"
        if len(np.unique(index, axis=0)) < len(index):
            return "a pair occurs twice"
    return None


@CONTRACT.promise(
    "The same random stream gives the same pairs, and another stream gives others.",
    fix="Draw everything from the generator that sample is given.",
)
def _streams(drawn: _Drawn) -> str | None:
    once, again, other = drawn.draw(500), drawn.draw(500), drawn.draw(500, seed=1)
    if not (np.array_equal(once.controls, again.controls) and np.array_equal(once.index, again.index)):
        return "one seed gives two different samples"
    return "two seeds give the same sample" if np.array_equal(once.controls, other.controls) else None


@CONTRACT.promise(
    "Nothing is kept between draws: a generator that has moved on gives other pairs, in memory of their own.",
    fix="Keep no generator and no array on the regime.",
)
def _stateless(drawn: _Drawn) -> str | None:
    rng = np.random.default_rng(3)
    first, second = (drawn.regime.sample(200, drawn.controls, rng) for _ in range(2))
    if np.array_equal(first.controls, second.controls):
        return "the second draw repeats the first"
    return "both draws share memory" if np.shares_memory(first.controls, second.controls) else None


@CONTRACT.promise(
    "Every control is finite and within what the world can reach.",
    fix="Draw in standard units: N(0, 1) is canonical. Never clip; Control's squash absorbs limits.",
)
def _finite(drawn: _Drawn) -> str | None:
    controls = drawn.draw(6000).controls
    if not np.isfinite(controls).all():
        return "NaN or infinity"
    for spec, column in zip(drawn.controls, controls.T, strict=True):
        if not (np.abs(spec.physical(column) - spec.centre) < spec.limit).all():
            return f"{spec.name} reaches {np.abs(column).max():.3g} standard deviations, beyond its limit"
    return None


@CONTRACT.promise(
    "Its settings make the same regime again.",
    fix="Make every setting a field of the class.",
)
def _settings(drawn: _Drawn) -> str | None:
    again = type(drawn.regime).model_validate(drawn.regime.settings())
    if again != drawn.regime:
        return f"{again!r} instead of {drawn.regime!r}"
    same = np.array_equal(drawn.draw(200, regime=again).controls, drawn.draw(200).controls)
    return None if same else "other pairs"


@CONTRACT.promise(
    "An exact pair correlation, where it states one, is the one that is measured.",
    fix="Correct exact_correlation, or return None where it is not known; NaN stands for a control that never moves.",
)
def _correlation(drawn: _Drawn) -> str | None:
    exact = drawn.regime.exact_correlation(drawn.controls)
    if exact is None:
        marginal = drawn.regime.exact_marginal(drawn.controls)
        return None if marginal is None else f"a marginal ({marginal}) is stated without a correlation"
    measured = measure(drawn.draw(CORRELATION_FRAMES)).pair_correlation
    if not np.array_equal(np.isnan(exact), np.isnan(measured)):
        return f"it states {np.round(exact, 3).tolist()}, {np.round(measured, 3).tolist()} is measured"
    if not np.allclose(measured, exact, atol=CORRELATION_ERROR, equal_nan=True):
        return f"it states {np.round(exact, 3).tolist()}, {np.round(measured, 3).tolist()} is measured"
    return None


@CONTRACT.promise(
    "It has a docstring, and every setting has a description.",
    fix="Write setting: float = Field(0.5, description='...'), and a docstring that says how the world is explored.",
)
def _described(drawn: _Drawn) -> str | None:
    kind = type(drawn.regime)
    if not (kind.__doc__ or "").strip():
        return "there is no docstring"
    silent = [name for name, field in kind.model_fields.items() if not field.description]
    return f"no description of {', '.join(silent)}" if silent else None


@CONTRACT.promise(
    "It refuses settings that it does not know.",
    fix="Leave Regime's model_config as it is (extra='forbid').",
)
def _unknown(drawn: _Drawn) -> str | None:
    try:
        type(drawn.regime).model_validate({**drawn.regime.settings(), "no_such_setting": 1})
    except ValueError:
        return None
    return "a setting that does not exist was accepted"
