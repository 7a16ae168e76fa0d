"""Episodes that are unlike the others of a recording: which to leave out, and why.

Of every episode and state the mean, the size of the steps and the largest step are compared with the other episodes'
by medians and their absolute deviations, so that a few odd episodes do not hide themselves. Few episodes are compared
with few: below `FEWEST` none is judged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from worldprobe.results import EpisodeVerdict

FEWEST = 8
"""Episodes from which one can be unlike the others."""

ODD = 8.0
"""Robust standard deviations from the median: of 10,000 Gaussian episodes of 30 states none is so far away."""

LEAST_RATIO = 3.0
"""Steps count as odd only where they are so many times as large, or small, as the median episode's."""

MOST = 20
"""Episodes that are named, the oddest first."""


def odd_episodes(
    states: Float[np.ndarray, "rows n"], starts: Int[np.ndarray, " episodes"], names: Sequence[str]
) -> list[EpisodeVerdict]:
    """Return the episodes that are unlike the others, the oddest first; none where there are few episodes."""
    ends = np.append(starts[1:], len(states))
    long = np.flatnonzero(ends - starts >= 3)
    if len(long) < FEWEST:
        return []
    z = states.astype(np.float64)
    parts = [z[starts[one] : ends[one]] for one in long]
    steps = [np.abs(np.diff(part, axis=0)) for part in parts]
    mean, step = np.stack([part.mean(axis=0) for part in parts]), np.stack([own.mean(axis=0) for own in steps])
    moves = z.std(axis=0) > 0.0
    still = moves & (np.stack([np.ptp(part, axis=0) for part in parts]) == 0.0)
    usual = np.median(still.mean(axis=0)) < 0.5
    found: list[tuple[float, EpisodeVerdict]] = []
    for place, one in enumerate(long):
        reasons = []
        if usual and moves.any() and still[place][moves].all():
            reasons.append((np.inf, "no state moves"))
        reasons += _far(mean, place, names, moves, "the mean of {} is {:.0f} robust sd from the other episodes'")
        reasons += _far(
            np.log(step.clip(1e-12)), place, names, moves, "the steps of {} are {:.3g} times the others'", ratio=True
        )
        if reasons:
            reasons.sort(key=lambda reason: -reason[0])
            why = "; ".join(text for _, text in reasons[:3])
            rows = int(ends[one] - starts[one])
            said = EpisodeVerdict(episode=int(one), first_row=int(starts[one]), rows=rows, why=why)
            found.append((reasons[0][0], said))
    found.sort(key=lambda own: -own[0])
    return [said for _, said in found[:MOST]]


def _far(
    values: Float[np.ndarray, "episodes n"],
    place: int,
    names: Sequence[str],
    moves: np.ndarray,
    text: str,
    ratio: bool = False,
) -> list[tuple[float, str]]:
    """Return how far an episode's values are from the others', and in words, for the states in which that is odd."""
    middle = np.median(values, axis=0)
    spread = 1.4826 * np.median(np.abs(values - middle), axis=0)
    away = np.abs(values[place] - middle) / np.where(spread > 0.0, spread, np.inf)
    factor = np.exp(values[place] - middle) if ratio else np.ones(len(middle))
    odd = moves & (away > ODD)
    if ratio:
        odd &= (factor > LEAST_RATIO) | (factor < 1.0 / LEAST_RATIO)
    return [
        (float(away[state]), text.format(names[state], factor[state] if ratio else away[state]))
        for state in np.flatnonzero(odd)
    ]
