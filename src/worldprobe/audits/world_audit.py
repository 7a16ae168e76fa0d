"""The audit of a world that renders: is it deterministic, does a frame show every control, and can it be found?"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.audits.gate import Gate
from worldprobe.audits.gates.world.canonical_views import Effort, Views
from worldprobe.audits.gates.world.linear_cues import weak_cues
from worldprobe.audits.gates.world.local_observability import sight
from worldprobe.audits.gates.world.perceptual_aliasing import lookalikes
from worldprobe.world import World


def audit_world(
    world: World, rho: Float[np.ndarray, " n"] | None = None, *, seed: int = 0, effort: Effort | None = None
) -> list[Gate]:
    """Return the gates on a world, seen from the canonical distribution (the probe's stream of `seed`).

    `rho` are the pair correlations of the regime that will explore it, NaN for controls that it never moves; without
    them the gate on weak cues is left out. The world is left open.
    """
    views = Views(world, seed, effort or Effort())
    gates = sight(views) + lookalikes(views)
    if rho is not None:
        gates += weak_cues(views.features, views.z, views.names, rho)
    return gates
