"""Where the R^2 that a run lacks was lost."""

from __future__ import annotations

from worldprobe.results.record import Record


class MissingParts(Record):
    """The parts of a control's missing R^2, 1 - R^2; they sum to it (docs/decomposition.md)."""

    missing: float
    regime: float | None
    """What the ideal encoder of this exploration lacks, too; None where the prediction was refused."""
    scene: float | None
    """What a supervised encoder lacks, too; None without the supervised reference."""
    non_identifiability: float | None = None
    """What depends on which of several equally aligned maps is found; None where those are not known."""
    style: float | None = None
    """What an embedding shows of the study's style in place of controls; None without style or a known optimum."""
    data: float | None
    """Finite data: what held-out pairs lack that training pairs have."""
    optimisation: float | None
    """None where the prediction was refused, or no optimum of alignment is known."""
    unexplained: float
    """What no part explains; what could not be separated where the prediction was refused."""


class Decomposition(Record):
    """Where a measured run lost R^2, control by control."""

    run: str
    refused: str | None
    """Why there is no prediction of what the regime allows."""
    controls: dict[str, MissingParts]
    ideal: dict[str, float] | None = None
    """R^2 of the ideal encoder by control, where the run was scored: what the exploration's part was computed from. Of
    several equally aligned maps, the best for each control."""
