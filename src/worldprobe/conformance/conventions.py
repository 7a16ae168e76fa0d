"""The public SIGReg codes: what each computes, and the lambda that weighs it alike in another.

Read from their sources at the commits that docs/sigreg-conformance.md names.
"""

from __future__ import annotations

from dataclasses import dataclass

from worldprobe.conformance.views import Views
from worldprobe.conformance.weighting import ADDED, CONVEX
from worldprobe.errors import UnknownName


@dataclass(frozen=True)
class Convention:
    """How a code computes and weighs SIGReg. All have N times a mean over directions, 17 knots on [0, 3] doubled."""

    name: str
    where: str
    views: Views
    form: str
    alignment: float = 1.0
    """Its alignment of two views in units of LeJEPA's: 4 where it is the mean squared difference."""
    several_processes: bool = False
    knots: int = 17
    t_max: float = 3.0

    def samples(self, count: int, views: int) -> int:
        """Return the N of the statistic for so many samples in every view."""
        return count * views if self.views == "flattened" else count


CONVENTIONS = (
    Convention("worldprobe", "train/objectives.py", "flattened", CONVEX, several_processes=True),
    Convention("lejepa", "MINIMAL.md", "per view", CONVEX),
    Convention("lewm", "train.py, stable_worldmodel/wm/loss.py", "per view", ADDED, alignment=4.0),
    Convention("stable-pretraining", "methods/lejepa.py", "flattened", ADDED),
    Convention("lightly", "loss/lejepa_loss.py", "per view", CONVEX, several_processes=True),
    Convention("lejepa-identifiability", "experiments/lejepa_id/losses.py", "flattened", CONVEX),
)


def convention(name: str) -> Convention:
    """Return a convention by its name; raises UnknownName."""
    found = next((each for each in CONVENTIONS if each.name == name), None)
    if found is None:
        raise UnknownName("SIGReg code", name, [each.name for each in CONVENTIONS])
    return found


def odds(weight: float, form: str) -> float:
    """Return the weight of SIGReg over that of alignment."""
    return weight / (1.0 - weight) if form == CONVEX else weight


def weight_of(odds: float, form: str) -> float:
    """Return the lambda whose weight of SIGReg over that of alignment is `odds`."""
    return odds / (1.0 + odds) if form == CONVEX else odds


def equivalents(ratio: float, count: int, views: int) -> dict[str, float]:
    """Return every code's lambda for which the distance D weighs `ratio` times LeJEPA's alignment.

    D is the mean distance without the factor N, on batches of `count` samples in each of `views` views. Per view and
    flattened, D is the same in the population, where all views have one distribution.
    """
    return {
        each.name: weight_of(ratio * each.alignment / each.samples(count, views), each.form) for each in CONVENTIONS
    }
