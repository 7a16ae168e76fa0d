"""The answer of an audit: what a log teaches, what limits it first, and what to record next."""

from __future__ import annotations

from pydantic import Field

from worldprobe.results.record import Record


class LimitingCause(Record):
    """One fault of a log, and what mending it would buy: R^2 predicted without it, less R^2 predicted with it."""

    cause: str
    """"few draws", "marginals", "unequal correlations", "dependence", "states that never move", or
    "distance to the nearest picture" of a table."""
    found: str
    """The fault in words, with its numbers."""
    mend: str
    """What to do about it."""
    gain: float
    """In mean R^2 over states."""
    gain_ci95: tuple[float, float]


class StrideAdvice(Record):
    """The stride at which linear features stand out most from nonlinear ones, and at the present one."""

    stride: int
    """In strides of the audited pairs: 1 keeps them."""
    separation: float
    """The smallest margin of a linear feature over a nonlinear one, in standard errors, at this stride."""
    separation_now: float
    r2: float
    """Predicted at this stride."""


class LogAnswer(Record):
    """What an ideal encoder recovers from a log, what limits it, what to record next: the three sentences first."""

    recovers: str
    limits: str
    record_next: str
    r2: float
    """Mean over states, with what few draws cost."""
    ci95: tuple[float, float]
    r2_per_state: dict[str, float]
    r2_per_state_ci95: dict[str, tuple[float, float]]
    approximate: bool
    """Whether the prediction is judged pair by pair (see `Prediction.approximate`)."""
    draws: float
    """How many independent draws the log amounts to."""
    draws_ci95: tuple[float, float]
    causes: list[LimitingCause] = Field([])
    """By gain, the largest first."""
    weakest: list[str] = Field([])
    """The states that are recovered least, at most three: explore these first."""
    more_episodes: tuple[float, float, float] | None = None
    """How many more episodes of the present length, with a 95 % interval; None where draws do not limit recovery."""
    stride: StrideAdvice | None = None

    @property
    def sentences(self) -> tuple[str, str, str]:
        """The three sentences, in order."""
        return self.recovers, self.limits, self.record_next
