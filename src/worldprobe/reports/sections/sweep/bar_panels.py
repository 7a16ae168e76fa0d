"""R^2 along an axis of words: a panel of bars for each of its points."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from worldprobe.reports.charts import Bar, Mark, bar_body, lowest_of
from worldprobe.reports.charts.drawing import svg, text
from worldprobe.reports.charts.scale import Scale
from worldprobe.reports.html_blocks import grid_of, legend, panel
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.sweep.sweep_picture import SweepPicture
from worldprobe.reports.sweep_conditions import Condition, matches, references_of
from worldprobe.reports.wording import at, ratio
from worldprobe.results import Summary


def panels(folder: ResultsFolder, picture: SweepPicture, level: Sequence[Condition]) -> list[Markup]:
    """Draw a panel of bars for each point; `level`, which no axis affects, are in every one."""
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


WIDTH, ROW, HEIGHT = 250, 40, 12


def bullets(bars: Sequence[Bar], low: float, title: str, desc: str) -> Markup:
    """Draw bars of R^2 from `low` (0, or below) to 1 on a rail each; the name above it, and at the right the value."""
    x = Scale(low, 1.0, 0, WIDTH)
    parts: list[Markup] = []
    for number, bar in enumerate(bars):
        top = ROW * number + 20
        rail = Markup('<rect class="rail" x="0" y="{}" width="{}" height="{}" rx="2"/>').format(top, WIDTH, HEIGHT)
        zero = Markup('<path class="axis" d="M{:.1f} {}v{}"/>').format(x(0.0), top - 2, HEIGHT + 4)
        names = text(0, top - 6, bar.name, "name"), text(WIDTH, top - 6, ratio(bar.value), "value", "end")
        parts += [rail, zero, bar_body(x, bar, top, HEIGHT), *names]
    return svg(WIDTH, ROW * len(bars), title, desc, parts, "bullets")
