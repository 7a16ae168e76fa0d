"""The audit of a world: is it deterministic, does a frame show every control, and can every control be read off it?"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.audits.canonical_views import Effort, Views
from worldprobe.audits.gate import Gate
from worldprobe.audits.gates.world.control_limits import control_limits
from worldprobe.audits.gates.world.determinism import determinism
from worldprobe.audits.gates.world.linear_cues import weak_cues
from worldprobe.audits.gates.world.local_observability import local_observability
from worldprobe.audits.gates.world.perceptual_aliasing import perceptual_aliasing
from worldprobe.audits.gates.world.table_distance import table_distance
from worldprobe.world import World


def audit_world(
    world: World, rho: Float[np.ndarray, " n"] | None = None, *, seed: int = 0, effort: Effort | None = None
) -> list[Gate]:
    """Return the gates on a world, over canonical states (drawn from the probe's stream of `seed`).

    `rho` are the pair correlations of the regime that will explore it, NaN for controls that it never moves; without
    them the gate `weak-cue` is left out. The world is not closed.
    """
    views = Views(world, seed, effort or Effort())
    gates = [determinism(views), *local_observability(views), *control_limits(views), *perceptual_aliasing(views)]
    gates += table_distance(views)
    if rho is not None:
        gates += weak_cues(views.features, views.z, views.names, rho)
    return gates
