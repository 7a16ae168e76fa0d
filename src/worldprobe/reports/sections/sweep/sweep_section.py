"""How recovery changes along the axes of a sweep: lines, heat maps or panels, whichever the axes ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from worldprobe.reports.html_blocks import Section
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.sweep.bar_panels import panels
from worldprobe.reports.sections.sweep.heat_maps import heat
from worldprobe.reports.sections.sweep.line_charts import lines
from worldprobe.reports.sections.sweep.sweep_picture import SweepPicture, pictures
from worldprobe.reports.sections.sweep.sweep_tables import measured, predicted
from worldprobe.reports.series_prediction import has_predictions
from worldprobe.reports.sweep_conditions import Condition, conditions, swept_axes
from worldprobe.reports.wording import and_list, intervals_over, scored_on

Draw = Callable[[ResultsFolder, SweepPicture, Sequence[Condition]], list[Markup]]

DRAWINGS: Mapping[int, Draw] = {0: panels, 1: lines, 2: heat}
"""How a picture is drawn, by how many numeric axes it draws."""


def sweep(folder: ResultsFolder) -> Section:
    """Show mean R^2 over every axis: lines for one number, heat maps for two, panels for words."""
    axes, found = swept_axes(folder), conditions(folder)
    blocks: list[Markup] = []
    for picture in pictures(axes, found):
        draw = DRAWINGS[sum(axis.numeric for axis in picture.drawn)]
        blocks += draw(folder, picture, [c for c in found if not c.axes])
    tables = [measured(folder, axes), *([predicted(folder, axes)] if has_predictions(folder) else [])]
    title = f"How recovery changes with {and_list([axis.name for axis in axes])}"
    lead = (
        f"Mean R² over the controls, {scored_on(folder.results.study)}: 1 is all of their variance, 0 no better than "
        f"the mean. 95\u00a0% intervals: {intervals_over(folder.series)}."
    )
    return Section("sweep", title, lead, tuple(blocks), tuple(tables), nav="Sweep")
