"""A gate: one measured number compared with a threshold, for one subject, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from worldprobe._util.registry import Registry
from worldprobe.results import Verdict


@dataclass(frozen=True)
class Limit:
    """The thresholds of a check: past `warn` an assumption is violated, past `fail` a control is lost or data are bad.

    `past` says on which side of a threshold that is. A check without a `fail` threshold only warns.
    """

    past: Literal["above", "below"]
    warn: float
    fail: float | None

    def judge(self, value: float, noise: float = 0.0) -> tuple[Verdict, float]:
        """Return the verdict and the threshold that decided it: the one crossed, or the warning threshold.

        `noise` is the statistic's sampling error at this sample size; both thresholds are widened by it.
        """
        sign = 1.0 if self.past == "above" else -1.0
        for verdict, threshold in ((Verdict.FAIL, self.fail), (Verdict.WARN, self.warn)):
            if threshold is not None and sign * value > sign * threshold + noise:
                return verdict, threshold + sign * noise
        return Verdict.PASS, self.warn + sign * noise


@dataclass(frozen=True)
class Gate:
    """One number compared with one threshold.

    `because` names the theorem or assumption that the gate checks (arXiv 2605.26379 unless another source is named).
    `advice` says what was found and what to do; it is empty where the gate passes. `evidence` has what supports it:
    other statistics by name, a pair of frames as an array.
    """

    gate: str
    subject: str
    verdict: Verdict
    value: float
    threshold: float
    advice: str
    because: str
    evidence: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the six fields of a gate that `--json` prints; a number that is not finite is None."""
        return {
            "gate": self.gate,
            "subject": self.subject,
            "verdict": self.verdict.value,
            "value": self.value if isfinite(self.value) else None,
            "threshold": self.threshold if isfinite(self.threshold) else None,
            "advice": self.advice,
        }


GATES: Registry[GateCheck] = Registry("gate", "worldprobe gates", "worldprobe.audits.gates")


@dataclass(frozen=True)
class GateCheck:
    """A kind of gate: its name, what it asks, the theorem behind it, its thresholds and how they were calibrated."""

    name: str
    asks: str
    because: str
    limit: Limit
    calibration: str

    def judge(
        self, subject: str, value: float, advice: str, *, noise: float = 0.0, evidence: dict[str, Any] | None = None
    ) -> Gate:
        """Return this check's gate for a measured value; a gate that passes has no advice."""
        verdict, threshold = self.limit.judge(float(value), float(noise))
        said = "" if verdict is Verdict.PASS else advice
        return Gate(self.name, subject, verdict, float(value), threshold, said, self.because, evidence or {})


def check(
    name: str,
    asks: str,
    *,
    because: str,
    past: Literal["above", "below"],
    warn: float,
    fail: float | None,
    calibration: str,
) -> GateCheck:
    """Make a check and register it under its name."""
    return GATES.register(name)(GateCheck(name, asks, because, Limit(past, warn, fail), calibration))
