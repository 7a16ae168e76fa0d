"""The regime of a recorded world: the exploration that was recorded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control


@REGIMES.register("recorded")
class AsRecorded(Regime):
    """The states of a recording, in its own pairs; for the world `recording` only, which holds them."""

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Raise InvalidValue: there is nothing to draw from."""
        raise InvalidValue("regime", "recorded", "a world that was recorded (`worldprobe audit --data PATH --train`)")
