"""R^2 along an axis of words: a panel of bars for each of its points."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from worldprobe.reports.blocks import grid_of, legend, panel
from worldprobe.reports.charts import Bar, Mark, bullets, lowest_of
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.sweep.picture import SweepPicture
from worldprobe.reports.sweep import Condition, matches, references_of
from worldprobe.reports.words import at, ratio
from worldprobe.results import Summary


def panels(folder: ResultsFolder, picture: SweepPicture, level: Sequence[Condition]) -> list[Markup]:
    """Draw a panel of bars for each point; `level`, to which no axis matters, stand in every one."""
    axis = picture.drawn[0]
    found = []
    for point in picture.panels:
        for label in axis.labels:
            here = {**point, axis.name: label}
            bars = [
                Bar(c.label, c.colour, s.summary.r2.mean, *s.summary.r2.ci95, _marks(folder, s.summary))
                for c in [*picture.conditions, *level]
                for s in c.series
                if matches(s.summary, here)
            ]
            if bars:
                found.append((at(here) if point else str(label), bars))
    lowest = min(lowest_of(bars) for _, bars in found)
    low = 0.0 if lowest > -0.1 else lowest  # noise below 0 needs no room here
    roles = dict.fromkeys(mark.role for _, bars in found for bar in bars for mark in bar.marks)
    key = legend([(f"key {role}", folder.role(role)) for role in roles])
    cells = []
    for name, bars in found:
        title, desc = f"Mean R² at {name}", "; ".join(f"{bar.name}: {ratio(bar.value)}" for bar in bars)
        cells.append(panel(name, "", bullets(bars, low, title, desc)))
    return [*([key] if roles else []), grid_of(cells, "panels strong")]


def _marks(folder: ResultsFolder, summary: Summary) -> tuple[Mark, ...]:
    return tuple(Mark(r.role, folder.role(r.role), r.r2.mean) for r in references_of(folder, summary))
