"""The confined regime: some controls keep near a value of theirs, the others go everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float
from pydantic import Field, model_validator

from worldprobe._util.registry import ImpossibleSetting
from worldprobe.errors import UnknownName
from worldprobe.explore.ornstein_uhlenbeck import RHO_TEACHES, Clip, Rho, ou_pairs
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control

Place = Annotated[float, Field(ge=-3.0, le=3.0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


@REGIMES.register("confined")
class Confined(Regime):
    """Biased exploration: some controls stay near one value, as light does in pictures that were all taken at dusk.

    z = centre + spread x OU walk, per control; controls that `centre` and `spread` do not name have centre 0 and spread
    1, as in `gaussian`. A spread of 0 holds a control still. Of the controls with a smaller spread the canonical test
    set shows values that were never explored, so what is missing there is extrapolation. Marginal N(centre, spread^2);
    pair correlation rho, exact, and none for a control that is held.
    """

    centre: dict[str, Place] = Field({}, description="Where controls stay, by name, in standard deviations.")
    spread: dict[str, Share] = Field({}, description="Standard deviations of controls, by name, in [0, 1].")
    rho: Rho = Field(0.7, description=RHO_TEACHES)
    clip: Clip = 2

    @model_validator(mode="after")
    def _something_moves(self) -> Confined:
        for name, place in self.centre.items():
            if place and name not in self.spread:
                raise ImpossibleSetting("centre", {name: place}, f"a control with a spread; give spread.{name}, too")
        return self

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw OU clips over all controls, shrunk and moved."""
        centre, spread = self._columns(self.centre, 0.0, controls), self._columns(self.spread, 1.0, controls)
        pairs = ou_pairs(frames, np.full(len(controls), self.rho), self.clip, rng)
        return Pairs((centre + spread * pairs.controls).astype(np.float32), pairs.index)

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return rho of every control that moves, NaN of those that never do."""
        return np.where(self._columns(self.spread, 1.0, controls) > 0, self.rho, np.nan)

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return the marginals of the controls that are confined, and of the others."""
        centre, spread = self._columns(self.centre, 0.0, controls), self._columns(self.spread, 1.0, controls)
        names = [spec.name for spec in controls]
        kept = [
            f"N({m:g}, {s:g}^2) on {name}"
            for name, m, s in zip(names, centre, spread, strict=True)
            if (m, s) != (0.0, 1.0)
        ]
        return ", ".join([*kept, "N(0, 1) on the others"]) if kept else "N(0, 1)"

    def _columns(
        self, given: dict[str, float], otherwise: float, controls: Sequence[Control]
    ) -> Float[np.ndarray, " n"]:
        """Return a setting for every control, in order; raises UnknownName for one that the world lacks."""
        names = [spec.name for spec in controls]
        for name in given:
            if name not in names:
                raise UnknownName("control", name, names, "worldprobe worlds")
        return np.array([given.get(name, otherwise) for name in names])
