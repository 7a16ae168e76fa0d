"""What can be done to states so that a linear regression can read them: quaternions as angles, angles without jumps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.errors import InvalidValue
from worldprobe.recordings.rotations import ANGLES, angles, order_of_names, rotations

States = Float[np.ndarray, "rows n"]
Starts = Int[np.ndarray, " episodes"]


@dataclass(frozen=True)
class TreatedStates:
    """States that take the place of others."""

    values: States
    names: tuple[str, ...]
    units: tuple[str, ...]


Apply = Callable[[States, Sequence[str], Sequence[str], Starts], TreatedStates]
"""Of states, their names and units, and the episodes' first rows."""


def period_of(values: Float[np.ndarray, " rows"], starts: Starts) -> float | None:
    """Return the period at which an angle jumps back within its episodes, 360 or 2 pi or a half; None where none does.

    A jump is a step of more than 85 % of the period, where no other step comes near half of it.
    """
    within = np.ones(len(values) - 1, dtype=bool)
    within[starts[1:] - 1] = False
    steps = np.abs(np.diff(values.astype(np.float64))[within])
    spread = float(np.ptp(values))
    whole = bool((values == np.rint(values)).all())  # a category or a count is no angle in radians
    for period in (360.0, 180.0) if whole else (360.0, 2 * np.pi, 180.0, np.pi):
        jumps = steps > 0.85 * period
        calm = steps[~jumps]
        if jumps.any() and spread <= 1.001 * period and (not calm.size or calm.max() < 0.4 * period):
            return period
    return None


def _unwrap(values: States, names: Sequence[str], units: Sequence[str], starts: Starts) -> TreatedStates:
    found = values.astype(np.float64)
    for place, name in enumerate(names):
        period = period_of(found[:, place], starts)
        if period is None:
            raise InvalidValue(f"{name}[unwrap]", "no jump of 360, 180, 2 pi or pi", "an angle that jumps back")
        for episode in np.split(np.arange(len(found)), starts[1:]):
            found[episode, place] = np.unwrap(found[episode, place], period=period)
    return TreatedStates(found, tuple(names), tuple(units))


def _angles(order: str | None) -> Apply:
    def apply(values: States, names: Sequence[str], units: Sequence[str], starts: Starts) -> TreatedStates:
        said = order or order_of_names(names)
        given = ", ".join(names)
        if values.shape[1] != 4:
            raise InvalidValue(f"{given}[angles]", f"{values.shape[1]} numbers", "the four of a quaternion")
        if said is None:
            raise InvalidValue(
                f"{given}[angles]",
                "names that do not say which is w",
                "[angles-wxyz] where w is first, or [angles-xyzw]",
            )
        places = [said.index(letter) for letter in "xyzw"]
        found, _ = angles(rotations(values[:, places], given), starts)
        return TreatedStates(found, ANGLES, ("deg",) * 3)

    return apply


TREATMENTS: dict[str, Apply] = {
    "unwrap": _unwrap,
    "angles": _angles(None),
    "angles-xyzw": _angles("xyzw"),
    "angles-wxyz": _angles("wxyz"),
}
"""What may follow a state's name in brackets."""
