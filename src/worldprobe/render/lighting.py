"""How views of a relit scene are lit and painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Lighting:
    """Of N views: linear factors of every lamp group's light, a channel each, and turns of hue in radians."""

    lamps: Float[np.ndarray, "N G 3"]
    hues: Float[np.ndarray, "N P"]

    def __len__(self) -> int:
        return len(self.lamps)

    def __getitem__(self, share: slice) -> Lighting:
        return Lighting(self.lamps[share], self.hues[share])
