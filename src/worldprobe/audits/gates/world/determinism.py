"""Determinism: whether a world shows the same observation for the same controls, always."""

from __future__ import annotations

import numpy as np

from worldprobe.audits.canonical_views import Views
from worldprobe.audits.gate import Gate, check

DETERMINISTIC = check(
    "deterministic",
    "Do the same controls give the same observation, to the byte?",
    because="The world is a deterministic map x = g(z).",
    past="above",
    warn=0.0,
    fail=0.0,
    calibration="Observations that differ when drawn again, in another order, or alone. None may.",
)
DRAWN_AGAIN, DRAWN_ALONE = 48, 4


def determinism(views: Views) -> Gate:
    """Return the gate: states A, B, B, A are drawn in turn, then A in another order, and some of A alone."""
    a, b = views.z[:DRAWN_AGAIN], views.z[DRAWN_AGAIN : 2 * DRAWN_AGAIN]
    world = views.world
    first, other, other_again, again = world.observe(a), world.observe(b), world.observe(b), world.observe(a)
    alone = np.concatenate([world.observe(a[i : i + 1]) for i in range(min(DRAWN_ALONE, len(a)))])
    differs = np.concatenate(
        [
            _differs(first, again),
            _differs(other, other_again),
            _differs(first[::-1], world.observe(a[::-1])),
            _differs(first[: len(alone)], alone),
        ]
    )
    advice = (
        f"{int(differs.sum()):,} of {len(differs):,} observations changed when they were drawn again, in another order "
        "or alone. Seed or remove the world's noise, and keep no state between frames."
    )
    return DETERMINISTIC.judge("world", float(differs.mean()), advice)


def _differs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    changed: np.ndarray = (a != b).reshape(len(a), -1).any(axis=1)
    return changed
