"""Paths that can be played: a tour of all controls, and what each exploration visits in its own order."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64

from worldprobe.playing.played_folder import PlayedFolder

TOUR = "a tour of all controls"
TOUR_STATES = 180
REACH = 1.4
"""Standard deviations: a sine of this amplitude has the spread of N(0, 1)."""
ROUNDS = (1, 2, 3)
"""How often a control swings during a tour: whole numbers, so that its end is its beginning."""
GOLDEN = 0.6180339887498949


def tour(n: int, states: int = TOUR_STATES) -> Float64[np.ndarray, "states n"]:
    """Return a closed path on which n controls swing as widely as N(0, 1) spreads, each at a rhythm of its own."""
    turn = np.arange(states)[:, None] / states
    rounds = np.array([ROUNDS[k % len(ROUNDS)] for k in range(n)])
    phase = GOLDEN * np.arange(n)
    path: np.ndarray = REACH * np.sin(2.0 * np.pi * (rounds * turn + phase))
    return path


def own_paths(folder: PlayedFolder) -> dict[str, Float[np.ndarray, "states n"]]:
    """Return what each exploration visits, in its own order, by its label: the states that it keeps out of training.

    Nothing is rendered. Raises what a study that is not valid raises.
    """
    study, seed = folder.study(), folder.runs[0].seed
    return {
        label: np.asarray(study.source(label).sample("heldout", study.heldout_frames, seed).controls, np.float64)
        for label in study.labels
    }
