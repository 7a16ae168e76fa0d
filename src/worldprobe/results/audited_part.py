"""What one part of an audit comes to: the world, an exploration or a recording, with its prediction."""

from __future__ import annotations

from pydantic import Field, NonNegativeInt

from worldprobe.results.against_ideal import AgainstIdeal
from worldprobe.results.episode_verdict import EpisodeVerdict
from worldprobe.results.log_answer import LogAnswer
from worldprobe.results.predicted import Prediction
from worldprobe.results.record import Record


class AuditedPart(Record):
    """The world, one exploration or a recording: how many of the audit's gates are its own, in order."""

    label: str
    """"world", a regime's label, or empty for a recording, whose gates are all of the audit's."""
    gates: NonNegativeInt
    expected_to_fail: bool = False
    """Whether the study includes it as a contrast: its gates then do not count."""
    predicted: Prediction | None = None
    """What SIGReg's ideal encoder recovers within it."""
    predicted_in_full: Prediction | None = None
    """The refused full prediction of an exploration that `predicted` stands in for; None where that is the full one."""
    predicted_from_actions: Prediction | None = None
    """What the ideal encoder recovers that is trained to predict from actions; None for a recording without actions."""
    not_made: list[str] = Field([])
    """What could not be made of it, and why: the audit is then incomplete, and its gates are kept."""
    answer: LogAnswer | None = None
    """What can be learned of it, what limits that first, and what to record next; None for a world."""
    odd_episodes: list[EpisodeVerdict] = Field([])
    """Episodes of a recording that are unlike its others, the oddest first: leave them out, or see them first."""
    against_ideal: AgainstIdeal | None = None
    """How many kinds of gate a recording fails beyond what its size explains."""
    scored_on: str = "N(0, I)"
    """What the prediction is scored on besides its own rows, in words."""

    @property
    def with_actions(self) -> str | None:
        """What the ideal encoder recovers that is trained to predict from actions, as a sentence."""
        found = self.predicted_from_actions
        if found is None:
            return None
        if found.r2 is None:
            return f"What an ideal encoder recovers that predicts from actions is not known: {found.refused}"
        interval = "" if found.ci95 is None else f" ({found.ci95[0]:.2f} to {found.ci95[1]:.2f})"
        return (
            "An ideal encoder trained to predict the next embedding from the action instead (lejepa-predictive), on as "
            f"many rows as it needs, recovers R² {found.r2:.2f}{interval}."
        )
