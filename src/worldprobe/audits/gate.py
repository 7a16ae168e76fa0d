"""A gate: one measured number compared with a threshold, for one subject, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from worldprobe._util.registry import Registry
from worldprobe.audits.limit import Limit
from worldprobe.audits.thresholds import chosen_limit
from worldprobe.results import Verdict


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
        verdict, threshold = chosen_limit(self.name, self.limit).judge(float(value), float(noise))
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
