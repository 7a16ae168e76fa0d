"""R^2 over two swept numbers: a heat map for each condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from worldprobe.reports.charts.drawing import svg, text
from worldprobe.reports.charts.scale import apart
from worldprobe.reports.html_blocks import both_widths, grid_of, legend, panel
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sections.sweep.sweep_picture import SweepPicture, place, said
from worldprobe.reports.sweep_conditions import COLLAPSED, Condition, as_number, matches
from worldprobe.reports.wording import at, ratio, setting


def heat(folder: ResultsFolder, picture: SweepPicture, level: Sequence[Condition]) -> list[Markup]:
    """Draw a heat map for each condition; `level`, which no axis affects, have no place on one."""
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
        entries.append(("key corner", "some seeds collapsed"))
    if len(charts) == 1:
        return [legend(entries), both_widths(*charts[0][1:])]
    return [legend(entries), grid_of([panel(name, "", narrow) for name, _, narrow in charts], "three strong")]


def _heat_cell(s: Series, best: bool) -> HeatCell:
    lost = float(np.mean([run.recovery.r2 < COLLAPSED for run in s.runs]))
    return HeatCell(s.summary.r2.mean, said(s), lost, best)


@dataclass(frozen=True)
class HeatCell:
    """One point of the grid: mean R^2, the sentence that a pointer gets, and which share of its runs collapsed."""

    value: float
    said: str
    collapsed: float = 0.0
    best: bool = False


def heat_map(
    cells: Mapping[tuple[float, float], HeatCell],
    xs: Sequence[float],
    ys: Sequence[float],
    names: tuple[str, str],
    width: int,
    title: str,
    desc: str,
) -> Markup:
    """Draw one cell for each (x, y), y rising upwards; `names` are of the axes.

    A dashed frame marks cells of which every run collapsed, a corner those of which some did, a frame the best one;
    points that were not run stay empty.
    """
    left, gap = 12.0 + 6.4 * max(len(setting(y)) for y in ys), 2.0
    across = (width - left) / len(xs)
    down = min(46.0, max(24.0, 0.6 * across))
    top, floor = 22.0, 22.0 + down * len(ys)
    parts = [text(left, 9, f"{names[1]} ↑", "axis-name")]
    for row, y in enumerate(reversed(ys)):
        parts.append(text(left - 8, top + down * (row + 0.5) + 4, setting(y), anchor="end"))
        for column, x in enumerate(xs):
            if (cell := cells.get((x, y))) is not None:
                box = left + across * column, top + down * row, across - gap, down - gap
                parts.append(_cell(cell, *box))
    places = [left + across * (column + 0.5) for column in range(len(xs))]
    for middle, x, shown in zip(places, xs, apart(places, 6.5 * max(len(setting(x)) for x in xs) + 4), strict=True):
        parts += [text(middle, floor + 15, setting(x), anchor="middle")] if shown else []
    parts.append(text(left + across * len(xs) / 2, floor + 35, names[0], "axis-name", "middle"))
    return svg(width, floor + 40, title, desc, parts, "heat")


def _cell(cell: HeatCell, x: float, y: float, width: float, height: float) -> Markup:
    share = min(1.0, max(0.0, cell.value))
    box = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"{}/>')
    body = [box.format("fill", x, y, width, height, Markup(' style="--v:{:.1f}%"').format(100 * share))]
    if cell.collapsed >= 1:
        body.append(box.format("collapsed", x + 1.5, y + 1.5, width - 3, height - 3, ""))
    elif cell.collapsed > 0:
        corner = Markup('<path class="corner" d="M{:.1f} {:.1f}h-9l9 9Z"/>')
        body.append(corner.format(x + width - 2, y + 2))
    if cell.best:
        body.append(box.format("best", x - 1.5, y - 1.5, width + 3, height + 3, ""))
    said = ratio(cell.value) if width > 40 else ratio(cell.value).replace("0.", ".", 1)
    if width >= 6.4 * len(said):
        side = "value on" if share > 0.62 else "value"
        body.append(text(x + width / 2, y + height / 2 + 4, said, side, "middle"))
    return Markup("<g><title>{}</title>{}</g>").format(cell.said, Markup("").join(body))
