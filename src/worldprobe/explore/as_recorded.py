"""The regime of a world that was recorded: whatever its recorder did."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control


@REGIMES.register("recorded")
class AsRecorded(Regime):
    """What a recording visited, in its own pairs; for the world `recording` alone, which brings them."""

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Raise InvalidValue: there is nothing to draw from."""
        raise InvalidValue("regime", "recorded", "a world that was recorded (`worldprobe audit --data PATH --train`)")
