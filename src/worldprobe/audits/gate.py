"""What an audit answers with: gates, each a measured number held against a line, whose it is and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

from worldprobe._util.registry import Registry
from worldprobe.results import Verdict


@dataclass(frozen=True)
class Limit:
    """The lines of a check: past `warn` an assumption is broken, past `fail` recovery is lost or the data are faulty.

    `past` says on which side of a line trouble lies. A check without a `fail` line only ever warns.
    """

    past: Literal["above", "below"]
    warn: float
    fail: float | None

    def judge(self, value: float, noise: float = 0.0) -> tuple[Verdict, float]:
        """Return the verdict and the line that decided it: the one crossed, or the first that was not.

        `noise` is how far a clean sample of this size may stray; it moves both lines out of the way of chance.
        """
        sign = 1.0 if self.past == "above" else -1.0
        for verdict, line in ((Verdict.FAIL, self.fail), (Verdict.WARN, self.warn)):
            if line is not None and sign * value > sign * line + noise:
                return verdict, line + sign * noise
        return Verdict.PASS, self.warn + sign * noise


@dataclass(frozen=True)
class Gate:
    """One number held against one line.

    `because` names the theorem or assumption that the gate checks (arXiv 2605.26379 where nothing else is said);
    `advice` says what was found and what to do, and is empty where nothing need be done. `evidence` holds what shows
    it: other statistics by name, a pair of frames as arrays.
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


CHECKS: Registry[GateCheck] = Registry("gate", "worldprobe gates", "worldprobe.audits")


@dataclass(frozen=True)
class GateCheck:
    """A kind of gate: its name, what it asks, the theorem behind it, its lines and how they were found."""

    name: str
    asks: str
    because: str
    limit: Limit
    calibration: str

    def judge(
        self, subject: str, value: float, advice: str, *, noise: float = 0.0, evidence: dict[str, Any] | None = None
    ) -> Gate:
        """Return this check's gate for a measured value; the advice is kept where the verdict is not a pass."""
        verdict, line = self.limit.judge(float(value), float(noise))
        said = "" if verdict is Verdict.PASS else advice
        return Gate(self.name, subject, verdict, float(value), line, said, self.because, evidence or {})


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
    """Make a check and file it under its name."""
    return CHECKS.register(name)(GateCheck(name, asks, because, Limit(past, warn, fail), calibration))
