"""R^2 over two swept numbers: a heat map for each condition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.reports.blocks import both_widths, grid_of, legend, panel
from worldprobe.reports.charts import HeatCell, heat_map
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sections.sweep.picture import SweepPicture, place, said
from worldprobe.reports.sweep import COLLAPSED, Condition, as_number, matches
from worldprobe.reports.words import at


def heat(folder: ResultsFolder, picture: SweepPicture, level: Sequence[Condition]) -> list[Markup]:
    """Draw a heat map for each condition; `level`, to which no axis matters, have no place on one."""
    across, up = sorted(picture.drawn, key=lambda axis: -len(axis.labels))
    charts = []
    collapsed = False
    for c in picture.conditions:
        for point in picture.panels:
            mine = [s for s in c.series if matches(s.summary, point)]
            if not mine:
                continue
            best = max(mine, key=lambda s: s.summary.r2.mean)
            cells = {(place(s, across), place(s, up)): _heat_cell(s, s is best) for s in mine}
            collapsed = collapsed or any(cell.collapsed for cell in cells.values())
            title = f"Mean R² of {c.label} over {across.name} and {up.name}" + (f" at {at(point)}" if point else "")
            worst = min(mine, key=lambda s: s.summary.r2.mean)
            desc = f"Best: {said(best)}. Worst: {said(worst)}."
            xs, ys = ([v for label in axis.labels if (v := as_number(label)) is not None] for axis in (across, up))
            wide, narrow = (heat_map(cells, xs, ys, (across.name, up.name), w, title, desc) for w in (860, 350))
            name = ", ".join(filter(None, [c.label if len(picture.conditions) > 1 else "", at(point)]))
            charts.append((name, wide, narrow))
    entries = [("key ramp", "R² from 0 to 1"), ("key best", "best")]
    if collapsed:
        entries.append(("key collapsed", f"every seed collapsed (R² below {COLLAPSED:g})"))
        entries.append(("key corner", "some seeds did"))
    if len(charts) == 1:
        return [legend(entries), both_widths(*charts[0][1:])]
    return [legend(entries), grid_of([panel(name, "", narrow) for name, _, narrow in charts], "three strong")]


def _heat_cell(s: Series, best: bool) -> HeatCell:
    lost = float(np.mean([run.recovery.r2 < COLLAPSED for run in s.runs]))
    return HeatCell(s.summary.r2.mean, said(s), lost, best)
