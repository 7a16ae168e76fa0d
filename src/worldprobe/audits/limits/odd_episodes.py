"""Episodes that are unlike the others of a recording: which to leave out, and why.

Of every episode and state the mean, the size of the steps and the largest step are compared with the other episodes'
by medians and their absolute deviations, so that a few odd episodes do not hide themselves. Few episodes are compared
with few: below `FEWEST` none is judged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.results import EpisodeVerdict
from worldprobe.stats.standardise import safe_scale

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
    z /= safe_scale(z)
    parts = [z[starts[one] : ends[one]] for one in long]
    steps = [np.abs(np.diff(part, axis=0)) for part in parts]
    mean, step = np.stack([part.mean(axis=0) for part in parts]), np.stack([own.mean(axis=0) for own in steps])
    moves = z.std(axis=0) > 0.0
    still = moves & (np.stack([np.ptp(part, axis=0) for part in parts]) == 0.0)
    usual = np.median(still.mean(axis=0)) < 0.5
    reasons: list[list[tuple[float, str]]] = [
        [(np.inf, "no state moves")] if usual and moves.any() and own[moves].all() else [] for own in still
    ]
    shifted = "the mean of {} is {:.0f} robust sd from the other episodes'"
    other_steps = "the steps of {} are {:.3g} times the others'"
    for place, far in enumerate(_far(mean, moves)):
        reasons[place] += [(away, shifted.format(names[state], away)) for state, away, _ in far]
    for place, far in enumerate(_far(np.log(step.clip(1e-12)), moves)):
        reasons[place] += [
            (away, other_steps.format(names[state], np.exp(by)))
            for state, away, by in far
            if abs(by) > np.log(LEAST_RATIO)
        ]
    odd = sorted((place for place, own in enumerate(reasons) if own), key=lambda place: -max(reasons[place])[0])
    return [
        EpisodeVerdict(
            episode=int(long[place]),
            first_row=int(starts[long[place]]),
            rows=len(parts[place]),
            why="; ".join(text for _, text in sorted(reasons[place], reverse=True)[:3]),
        )
        for place in odd[:MOST]
    ]


def _far(
    values: Float[np.ndarray, "episodes n"], moves: Bool[np.ndarray, " n"]
) -> list[list[tuple[int, float, float]]]:
    """Return for every episode the states in which it is odd, by how many robust sd, and by how much."""
    by = values - np.median(values, axis=0)
    spread = 1.4826 * np.median(np.abs(by), axis=0)
    away = np.abs(by) / np.where(spread > 0.0, spread, np.inf)
    return [
        [(int(state), float(away[place, state]), float(by[place, state])) for state in np.flatnonzero(own)]
        for place, own in enumerate(moves & (away > ODD))
    ]
