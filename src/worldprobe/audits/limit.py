"""The thresholds of a gate: past one an assumption is violated, past the other a control is lost or data are bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
