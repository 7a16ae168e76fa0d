"""One run of a study: everything that was measured of one encoder."""

from __future__ import annotations

from worldprobe.results.learned_transition import RolloutErrors, TransitionRecovery
from worldprobe.results.planned import Planned
from worldprobe.results.record import Label, Record
from worldprobe.results.recovered import Recovery
from worldprobe.results.trained import Training

ROLES = ("measured", "ceiling", "floor", "pixels")
"""What a run is for: itself, or as a reference (supervised, an untrained encoder, linear regression on raw pixels)."""


class Seconds(Record):
    """Wall-clock seconds of a run's parts."""

    render: float
    """Of the frames that no run before it has read, also where they were rendered for an exploration's description."""
    train: float
    measure: float


class Run(Record):
    """One (regime, objective, seed) cell of a study; a control run (floor or ceiling) has a `role` that says so."""

    id: str
    world: str
    regime: str
    objective: str
    seed: int
    role: str
    """One of `ROLES`."""
    axes: dict[str, Label]
    d: int
    recovery: Recovery
    backbone: Recovery | None = None
    """Of an encoder with a projector or a trained head: recovery from its backbone's features. `recovery` is from the
    embedding that the objective sees."""
    training: Training | None
    seconds: Seconds
    planning: Planned | None = None
    transition: TransitionRecovery | None = None
    """Of an objective that predicts the next embedding, where it is known how actions move the controls."""
    along_log: RolloutErrors | None = None
    """Of such an objective on a recording: its predictions along the episodes that were kept out of training."""
    device: str | None = None
    """What it was trained on: "cpu" or an accelerator's name; None where nothing was trained, or that is not known."""
