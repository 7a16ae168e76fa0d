"""How an encoder's training went."""

from __future__ import annotations

from worldprobe.results.record import Record


class Training(Record):
    """How the training went."""

    steps: int
    parameters: int
    frames_per_second: float
    final: dict[str, float]
    """Last value of every curve: loss, alignment, regulariser, heldout_alignment ..."""
    curves: list[str]
    """Names of the curves in arrays.npz, each with one value per entry of `step`."""
    alignment_optimum: float | None
    """E|h - h'|^2 / n of a linear encoder at this regime's pair correlations: mean of 2 (1 - rho_i)."""
    regulariser_weight: float | None = None
    """Weight of the regulariser in the loss, as `lambda: auto` found it too; None where it is the whole loss."""
    memorising: bool
    """Training alignment fell below its optimum while held-out pairs did not follow."""
    warnings: list[str]
