"""What frames show of the states that were asked for: all of it, except where a world is a table of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.results import LimitingCause, Prediction
from worldprobe.sources import Source
from worldprobe.sources.simulated import OfWorld
from worldprobe.world import PictureTable

NEARLY_ALL = 0.995
"""Share of every control's variance that frames have to show for a prediction to stay as it is."""

Shares = Float[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class ShownShares:
    """The share of every control's variance that linear functions of the shown states explain.

    No encoder recovers more than that of what was asked for, and one that recovers the shown states recovers it.
    """

    names: tuple[str, ...]
    explored: Shares
    test: Shares | None = None

    def attenuated(self, found: Prediction) -> Prediction:
        """Return the prediction for the states that were asked for, from that for the states that are shown."""
        own = dict(zip(self.names, self.explored.tolist(), strict=True))
        there = own if self.test is None else dict(zip(self.names, self.test.tolist(), strict=True))
        changed: dict[str, Any] = {
            "notes": [*found.notes, f"{self._said()}. The prediction is multiplied by each state's share."],
            "proven": False,
        }
        changed["r2_on_test_per_control"] = _times(found.r2_on_test_per_control, there)
        changed["candidates"] = [_times(candidate, there) for candidate in found.candidates]
        changed["r2_per_control"] = _times(found.r2_per_control, own)
        if found.r2_on_test_per_control is not None:
            changed["r2_on_test"] = float(np.mean(list(changed["r2_on_test_per_control"].values())))
        if found.r2_per_control is not None and found.r2:
            changed["r2"] = float(np.mean(list(changed["r2_per_control"].values())))
            ratio = changed["r2"] / found.r2
            for name in ("ci95", "bracket"):
                ends = getattr(found, name)
                changed[name] = None if ends is None else (ends[0] * ratio, ends[1] * ratio)
        if found.r2_per_control_ci95 is not None:
            each = found.r2_per_control_ci95
            changed["r2_per_control_ci95"] = {name: (a * own[name], b * own[name]) for name, (a, b) in each.items()}
        return found.model_copy(update=changed)

    def cause(self, attenuated: Prediction) -> LimitingCause | None:
        """Return the distance to the nearest picture as what limits recovery; None where there is no prediction."""
        if attenuated.r2_per_control is None:
            return None
        shares = dict(zip(self.names, self.explored.tolist(), strict=True))
        lost = [value / shares[name] - value for name, value in attenuated.r2_per_control.items() if shares[name] > 0]
        gain = sum(lost) / len(self.names)
        return LimitingCause(
            cause="distance to the nearest picture",
            found=self._said(),
            mend="Lower `reach`, name fewer `factors`, or take a table with more pictures.",
            gain=gain,
            gain_ci95=(gain, gain),
        )

    def _said(self) -> str:
        worst = int(np.argmin(self.explored))
        return (
            f"The table's nearest pictures show {self.explored.mean():.0%} of the states' variance, least of "
            f"{self.names[worst]} ({self.explored[worst]:.0%})"
        )


def shown_shares(
    source: Source, z: Float[np.ndarray, "frames n"], test: Float[np.ndarray, "points n"] | None = None
) -> ShownShares | None:
    """Return what frames show of an exploration's states and of test points; None where that is nearly all."""
    if not (isinstance(source, OfWorld) and isinstance(source.world, PictureTable)):
        return None
    explored = _explained(source.world, z)
    there = None if test is None else _explained(source.world, test)
    if min(explored.min(), 1.0 if there is None else there.min()) >= NEARLY_ALL:
        return None
    return ShownShares(tuple(control.name for control in source.controls), explored, there)


def attenuated(shares: ShownShares | None, found: Prediction) -> Prediction:
    """Return a prediction with what frames do not show taken off; as it is where they show nearly all."""
    return found if shares is None else shares.attenuated(found)


def causes_of(shares: ShownShares | None, found: Prediction) -> Sequence[LimitingCause]:
    """Return what limits recovery besides the exploration itself."""
    cause = None if shares is None else shares.cause(found)
    return () if cause is None else (cause,)


def _explained(table: PictureTable, z: Float[np.ndarray, "points n"]) -> Shares:
    """Return R² of the regression of every control on the states that are shown; 1 where a control never moves."""
    shown = table.states[table.nearest(z)].astype(np.float64)
    design = np.column_stack([np.ones(len(z)), shown])
    centred = z.astype(np.float64) - z.mean(axis=0, dtype=np.float64)
    left = centred - design @ np.linalg.lstsq(design, centred, rcond=None)[0]
    spread = (centred**2).sum(axis=0)
    share = 1.0 - np.divide((left**2).sum(axis=0), spread, out=np.zeros(z.shape[1]), where=spread > 0.0)
    return share.clip(0.0, 1.0)


def _times(values: Mapping[str, float] | None, shares: Mapping[str, float]) -> dict[str, float] | None:
    return None if values is None else {name: value * shares[name] for name, value in values.items()}
