"""What was predicted for the ideal encoder of an exploration, before any training."""

from __future__ import annotations

from pydantic import Field

from worldprobe.results.html import prediction_html
from worldprobe.results.record import Record

CEILING_OF = {"lejepa": "sigreg", "lejepa-predictive": "predictive", "whitening": "whitening"}
"""Which ceiling is an objective's, by the objective's registered name; the others have none."""


class TriedMap(Record):
    """A map that SIGReg allows: its features' total pair correlation on pairs it was not fitted to, and its R^2."""

    name: str
    pair_correlation: float
    error: float
    """Of the total pair correlation."""
    r2: float
    gaussian: float
    """Mean squared Wasserstein distance of its projections to N(0, 1)."""


class BasisStep(Record):
    """The answer with one of the bases, which grow."""

    functions: int
    r2: float


class Prediction(Record):
    """The linear R^2 that the ideal encoder of an objective reaches within a regime, predicted from controls alone.

    Where `refused` says why there is no prediction, the numbers are None.
    """

    objective: str | None = None
    d: int | None = None
    """Dimensions of the embedding."""
    pairs: int | None = None
    """How many pairs were used."""
    refused: str | None = None
    """Why there is no prediction: what was found and what to change."""
    refused_briefly: str = ""
    """The same in a few words; empty in older files and where there is a prediction."""
    r2: float | None = None
    """Mean over controls; one that never moves counts as 0."""
    r2_per_control: dict[str, float] | None = None
    ci95: tuple[float, float] | None = None
    """Sampling error of the pairs, and what the last enlargement of the basis has changed."""
    pair_correlations: list[float] | None = None
    """Of the embedding's features, largest first: the alignment is 2 (d - their sum)."""
    convergence: list[BasisStep] = Field([])
    """The answer as the basis grows."""
    approximate: bool = False
    """Whether the sample did not support the full prediction, and closed forms judged pair by pair stand in for it,
    with a wider interval; `notes` say why."""
    draws: float | None = None
    """How many independent draws the pairs amount to, where that was estimated."""
    proven: bool = False
    """Whether any optimum must have this R^2, or it is that of the best map found."""
    r2_on_test: float | None = None
    """Of the same encoder on the study's test points."""
    outside: float | None = None
    """The share of the test points that lie beyond the range that the regime has visited."""
    r2_on_test_per_control: dict[str, float] | None = None
    alignment: float | None = None
    """E|h - h'|^2 per dimension of the best aligned map that the predictor found; None under whitening."""
    r2_per_control_ci95: dict[str, tuple[float, float]] | None = None
    bracket: tuple[float, float] | None = None
    """The mean R^2 that any whitened map aligned as well as this one has, whichever map that is."""
    tried: list[TriedMap] = Field([])
    """The maps that were compared."""
    notes: list[str] = Field([])
    """What to know before the number is used."""
    candidates: list[dict[str, float]] = Field([])
    """Where maps that are aligned equally well differ in what they recover, so that it is not identifiable which one is
    found: their R^2 per control on the test points."""

    def _repr_html_(self) -> str:
        return prediction_html(self)
