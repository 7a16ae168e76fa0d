"""What a paper reports of the same experiment, as a study quotes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.results import Label, Published, Run, Summary, same_label


@dataclass(frozen=True)
class Quoted:
    """One published R^2: of a control, or where it names none, of the mean over controls."""

    regime: str
    objective: str
    axes: Mapping[str, Label]
    r2: float
    control: str | None = None

    @property
    def rounding(self) -> float:
        """Half a unit of the last published digit, at least of the second decimal's."""
        decimals = len(repr(self.r2).partition(".")[2]) if "e" not in repr(self.r2) else 6
        return 0.5 * 10.0 ** -max(2, decimals)

    def is_of(self, regime: str, objective: str, axes: Mapping[str, Label]) -> bool:
        """Whether it is of this condition, and no axis that both name says otherwise."""
        mine = self.regime == regime and self.objective == objective
        return mine and all(same_label(self.axes[name], label) for name, label in axes.items() if name in self.axes)

    def best_of(self, summaries: Iterable[Summary]) -> Summary | None:
        """Return the summary that it is of, along axes that it does not name the best one; None where there is none."""
        mine = [s for s in summaries if self.is_of(s.regime, s.objective, s.axes)]
        return max(mine, key=lambda s: s.r2.mean, default=None)

    def ours(self, run: Run) -> float:
        """Return the R² of a run that it is compared with."""
        return run.recovery.r2 if self.control is None else run.recovery.r2_per_control[self.control]


def publication(folder: ResultsFolder) -> Published | None:
    """Return what the study quotes; None where it quotes nothing."""
    given = folder.results.study.get("published")
    return None if given is None else Published.model_validate(given)


def quoted_values(folder: ResultsFolder) -> list[Quoted]:
    """Return every published value that the study quotes."""
    found = publication(folder)
    return [Quoted(v.regime, v.objective, v.axes, v.r2, v.control) for v in found.values] if found else []
