"""How many kinds of gate a log fails, and ideal logs of its size."""

from __future__ import annotations

from worldprobe.results.record import Record


class AgainstIdeal(Record):
    """Kinds of gate that fail: in a log, and in Gaussian walks of its rows, episodes and slowest correlation."""

    failing: list[str]
    """Of the log, in the order of cause and effect; the prediction is not counted."""
    ideal: float
    """Mean number of kinds that ideal logs fail."""
    ideal_most: int
    ideal_failing: list[str]
    """Kinds that any of the ideal logs fails: a log of this size can hardly pass them."""

    @property
    def sentence(self) -> str:
        """Both, in one sentence."""
        own = len(self.failing)
        named = f" ({', '.join(self.failing)})" if own else ""
        beyond = (
            "no more than that" if own <= self.ideal_most else f"{own - self.ideal_most} beyond what its size explains"
        )
        return (
            f"An ideal log of this length and correlation fails {self.ideal:.1f} kinds of gate on states on average, "
            f"{self.ideal_most} at most; this log fails {own}{named}: {beyond}."
        )
