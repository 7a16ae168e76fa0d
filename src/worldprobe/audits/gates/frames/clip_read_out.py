"""States read from frames, every clip by a read-out that was fitted on other clips; and what can be read at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from sklearn.neighbors import KNeighborsRegressor

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.world.linear_cues import principal_components, read_out
from worldprobe.stats.r2 import r2_from_errors

READABLE = check(
    "readable",
    "Can every control be read from the frames?",
    because="Linear recovery needs g to be injective on the recorded frames.",
    past="below",
    warn=0.2,
    fail=0.02,
    calibration="R^2 on frames of clips that were not fitted on, over the variance of the same frames' states, of the "
    "better of a linear read-out of 300 principal components and 10 nearest neighbours. Lowest control of the shipped "
    "room .58, of its discarded first pose .15, yaw of the symmetric room .0.",
)
NEIGHBOURS, NEIGHBOUR_COMPONENTS = 10, 20

FOLDS = 3
"""Clips are dealt to so many folds in turn; each is read by what was fitted on the others."""

FEWEST_CLIPS, SHORTEST_BLOCK = 30, 20
"""Recordings of fewer clips have theirs cut into blocks, of so many rows at least."""


@dataclass(frozen=True, eq=False)
class ClipViews:
    """Features of frames (rows, m), the states that move (rows, n), and which clip each row belongs to."""

    features: Float32[np.ndarray, "rows m"]
    x: Float[np.ndarray, "rows n"]
    clip: Int[np.ndarray, " rows"]

    @cached_property
    def fold(self) -> Int[np.ndarray, " rows"]:
        """The fold of every row: that of its clip."""
        return self.clip % FOLDS

    @cached_property
    def order(self) -> Int[np.ndarray, " rows"]:
        """Rows by fold: a split of two thirds and one third is then one of clips all along the recording."""
        return np.argsort(self.fold, kind="stable")

    @cached_property
    def components(self) -> Float[np.ndarray, "rows c"]:
        """Principal components of the features."""
        in_order = principal_components(self.features[self.order])
        found = np.empty_like(in_order)
        found[self.order] = in_order
        return found

    @cached_property
    def guess(self) -> Float[np.ndarray, "rows n"]:
        """The states as they are read: per state by the better of a linear read-out and nearest neighbours."""
        linear, near = np.zeros_like(self.x), np.zeros_like(self.x)
        for fold in range(FOLDS):
            fresh = self.fold == fold
            if not fresh.any() or fresh.all():
                continue
            c, y, own = self.components[~fresh], self.x[~fresh], self.components[fresh]
            linear[fresh] = read_out(c, y, own)
            neighbours = KNeighborsRegressor(min(NEIGHBOURS, len(c))).fit(c[:, :NEIGHBOUR_COMPONENTS], y)
            near[fresh] = neighbours.predict(own[:, :NEIGHBOUR_COMPONENTS])
        better = ((self.x - linear) ** 2).mean(axis=0) <= ((self.x - near) ** 2).mean(axis=0)
        found: Float[np.ndarray, "rows n"] = np.where(better, linear, near)
        return found


def clips(joined: Bool[np.ndarray, " neighbours"]) -> Int[np.ndarray, " rows"]:
    """Return a label for every row, the same along a stretch of recording; few long stretches are cut into blocks."""
    clip = np.concatenate([[0], np.cumsum(~joined)])
    rows = len(clip)
    if int(clip[-1]) + 1 >= FEWEST_CLIPS:
        return clip
    block = max(rows // (2 * FEWEST_CLIPS), SHORTEST_BLOCK)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(clip) > 0]))
    place = np.arange(rows) - starts[clip]
    return np.cumsum(place % block == 0) - 1


def readable(views: ClipViews, names: Sequence[str]) -> list[Gate]:
    """Return the gate on what can be read of every state."""
    r2 = r2_from_errors(((views.x - views.guess) ** 2).mean(axis=0), views.x.var(axis=0))
    gates = []
    for i, name in enumerate(names):
        advice = (
            f"Little of {name} can be read from the frames (R^2 {r2[i]:.2f}, linearly or from similar frames). "
            "Check that frames and states belong together; then make what it moves larger, closer or less symmetric."
        )
        gates.append(READABLE.judge(name, float(r2[i]), advice))
    return gates
