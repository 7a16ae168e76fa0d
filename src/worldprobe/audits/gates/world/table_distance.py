"""Worlds that are tables: how far the pictures that are shown are from the states that are asked for."""

from __future__ import annotations

import numpy as np

from worldprobe.audits.canonical_views import Views
from worldprobe.audits.gate import Gate, check
from worldprobe.world.picture_table import FEW_VALUES, PictureTable

DISTANCE = check(
    "table-distance",
    "Does the nearest picture of the table show the state that was asked for?",
    because="Linear recovery is of the states that frames show; what the nearest picture is off by cannot be read.",
    past="above",
    warn=0.02,
    fail=0.2,
    calibration="The mean squared distance along the control over its canonical variance: 1 minus the highest R² that "
    "any encoder can reach. A grid of 12 values within 3 standard deviations: .02.",
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
    """Return two gates on every control of a table; none on other worlds."""
    if not isinstance(views.world, PictureTable):
        return []
    off = views.z - views.world.states[views.world.nearest(views.z)]
    lost = (off**2).mean(axis=0) / views.z.var(axis=0)
    gates = []
    for name, share, count in zip(views.names, lost.tolist(), views.world.value_counts, strict=True):
        away = f"{np.sqrt(share):.2f} standard deviations"
        advice = (
            f"The picture that is shown is {away} from the {name} that was asked for, so R² cannot exceed "
            f"{1 - share:.2f}. Lower `reach`, name fewer `factors`, or take a table with more pictures."
        )
        gates.append(DISTANCE.judge(name, share, advice))
        discrete = f"{name} takes {count} values in the table. Leave it out of `factors`, or read it by accuracy."
        gates.append(VALUES.judge(name, count, discrete))
    return gates
