"""The results of a study: what `results.json` holds, and which files a results folder has.

A results folder:
    study.yaml               the resolved study, versions, seeds
    results.json             `Results`
    report.html
    hero.png                 a Cycles still of the world, where it has one
    explorations/ID.png      a contact sheet of what the regime saw, redrawn larger where the world can
    explorations/ID.frames.png   eight of those frames as the encoder saw them, in one row
    explorations/ID.npz      `z` (frames, n): controls that the regime visited, at most 4,000 of them
    registration.json        `Registration`, where the study was run under a protocol
    audit.json, audit/       the study's audit, where one was made (`SavedAudit`)
    runs/RUN/run.json        one `Run`
    runs/RUN/arrays.npz      `truth`, `recovered` (points, n): canonical test controls and the probe's reading of them;
                             `step` and one array per curve in `Training.curves`; of a study that plans
                             `plan_lines_WAYPOINTS`, `plan_oracle` and `plan_TRANSITION` (pairs, points, n): paths in
                             true controls
    runs/RUN/plan.png        a film of one task: the oracle's path above, the planned one below

Every JSON file but a protocol's carries the number of its format: see `worldprobe.results.upgrades`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from worldprobe.results.control_record import ControlRecord
from worldprobe.results.explored import Exploration
from worldprobe.results.html import results_html
from worldprobe.results.hypothesis import HypothesisOutcome
from worldprobe.results.missing_r2 import Decomposition
from worldprobe.results.record import Record
from worldprobe.results.review import Registration
from worldprobe.results.runs import Run
from worldprobe.results.summary import Summary


class Results(Record):
    """All that a study measured; of a sweep over worlds, `controls` are those of the study's own."""

    study: dict[str, Any]
    command: str
    machine: dict[str, Any]
    versions: dict[str, str]
    controls: list[ControlRecord]
    """Of the world, in its order."""
    explorations: list[Exploration]
    runs: list[Run]
    summary: list[Summary]
    seconds_total: float
    """Of a study that was stopped before its end: of what was kept of it, and of what came after."""
    peak_memory_bytes: int
    data_warnings: list[str] = Field([])
    """Of a study of a recording: what its reader found that is no error and should be known."""
    decomposition: list[Decomposition] = Field([])
    """Of every measured run of at most eight controls that was trained."""
    registration: Registration | None = None
    outcomes: list[HypothesisOutcome] = Field([])
    """One for each hypothesis: the registration's, or else the study's own."""

    @classmethod
    def load(cls, folder: Path | str) -> Results:
        """Return the results in a folder; of a half-finished one, those of its finished runs.

        Raises NoResults where no run is finished, DamagedData where a file is unreadable, of a newer format or not what
        a study writes.
        """
        from worldprobe.results.reading import load_results

        return load_results(Path(folder))

    def to_pandas(self) -> Any:
        """Return a pandas data frame with a row for every run and control; MissingDependency without pandas."""
        from worldprobe.results.frame import to_pandas

        return to_pandas(self)

    @property
    def headline(self) -> str:
        """The study's answer in one sentence for each exploration, at most the best and the worst of them."""
        measured = sorted((row for row in self.summary if row.role == "measured"), key=lambda row: -row.r2.mean)
        if not measured:
            return "This study measured no exploration, only references."
        told = measured if len(measured) == 1 else [measured[0], measured[-1]]
        several = len({row.regime for row in measured}) > 1
        named = [", ".join([*([row.regime] if several else []), *_point(row)]) for row in told]
        return " ".join(
            f"{name}: {row.verdict}" if name else row.verdict for name, row in zip(named, told, strict=True)
        )

    def _repr_html_(self) -> str:
        return results_html(self)


def _point(row: Summary) -> list[str]:
    return [f"{name} {label}" for name, label in row.axes.items()]
