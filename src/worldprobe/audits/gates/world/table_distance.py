"""Worlds that are tables: how far the pictures that are shown are from the states that are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from worldprobe.audits.canonical_views import Views
from worldprobe.audits.gate import Gate, check
from worldprobe.explore import Pairs
from worldprobe.world import World
from worldprobe.world.picture_table import FEW_VALUES, PictureTable

STILL = 1e-12
"""Variance below which an exploration does not move a control."""
SAME = 0.01
"""Share of pairs of which both members are shown by one picture, from which it is said."""

DISTANCE = check(
    "table-distance",
    "Does the nearest picture of the table show the state that was asked for?",
    because="Linear recovery is of the states that frames show; what the nearest picture is off by cannot be read.",
    past="above",
    warn=0.02,
    fail=0.2,
    calibration="The mean squared distance along the control over its variance, for canonical states and for those of "
    "every regime: 1 minus the highest R² that any encoder can reach. A grid of 12 values within 3 standard "
    "deviations: .02.",
)
VALUES = check(
    "discrete-factor",
    "Does a factor take many values?",
    because="R² measures how well a quantity is recovered; of a few classes, accuracy says more.",
    past="below",
    warn=FEW_VALUES,
    fail=None,
    calibration="A count of the values in the table.",
)


def table_distance(views: Views) -> list[Gate]:
    """Return two gates on every control of a table, over canonical states; none on other worlds."""
    if not isinstance(views.world, PictureTable):
        return []
    gates = _distances(views.z, views.world.states[views.world.nearest(views.z)], views.names, "")
    for name, count in zip(views.names, views.world.value_counts, strict=True):
        discrete = f"{name} takes {count} values in the table. Leave it out of `factors`, or read it by accuracy."
        gates.append(VALUES.judge(name, count, discrete))
    return gates


def explored_distance(world: World, pairs: Pairs, names: Sequence[str]) -> list[Gate]:
    """Return a gate on every control of a table that an exploration moves, over its states; none on other worlds."""
    if not isinstance(world, PictureTable):
        return []
    rows = world.nearest(pairs.controls)
    twice = float((rows[pairs.index[:, 0]] == rows[pairs.index[:, 1]]).mean()) if len(pairs.index) else 0.0
    said = f" {twice:.0%} of the pairs show one picture twice." if twice >= SAME else ""
    return _distances(pairs.controls, world.states[rows], names, said)


def _distances(
    z: Float[np.ndarray, "N n"], shown: Float[np.ndarray, "N n"], names: Sequence[str], said: str
) -> list[Gate]:
    off = z - shown
    spread = z.var(axis=0)
    gates = []
    for name, own, apart in zip(names, spread.tolist(), (off**2).mean(axis=0).tolist(), strict=True):
        if own < STILL:
            continue
        share = apart / own
        most = f"R² cannot exceed {max(1 - share, 0.0):.2f}"
        advice = (
            f"The picture that is shown is {np.sqrt(share):.2f} standard deviations from the {name} that was asked "
            f"for, so {most}.{said} Lower `reach`, name fewer `factors`, or take a table with more pictures."
        )
        gates.append(DISTANCE.judge(name, share, advice))
    return gates
