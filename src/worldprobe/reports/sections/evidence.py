"""The first evidence: frames as the encoder saw them, and true against recovered controls."""

from __future__ import annotations

from markupsafe import Markup

from worldprobe.reports.charts import SPAN, scatter
from worldprobe.reports.embedded_pictures import GAP, WIDEST_TILE, strip
from worldprobe.reports.html_blocks import (
    Cell,
    Section,
    Shown,
    Table,
    grid_of,
    panel,
    shape,
    shown_controls,
    shown_r2,
    tabled_controls,
    titled,
)
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.series_selection import few
from worldprobe.reports.wording import number, ratio, scored_on
from worldprobe.results import Run

SHOWN_POINTS = 400
SHOWN_FRAMES = 8
SHEET_FRAMES = 24
"""Of a contact sheet, at most."""
PAGE, FEWEST_REDRAWN = 1036, 3
"""Width of the page in pixels, and redrawn frames that are shown however narrow it is."""
FEW_CONTROLS = 3
"""Controls whose charts have room next to the frames."""
MOST_SERIES = 6


def evidence(folder: ResultsFolder) -> Section:
    """Show, for every series, a few frames at their true size above true against recovered controls."""
    shown, said = shown_controls(folder)
    drawn = few(folder, folder.series, MOST_SERIES)
    rows = tuple(_row(folder, s, shown) for s in drawn)
    left_out = f" Drawn are {len(drawn)} of {len(folder.series)} series." if len(drawn) < len(folder.series) else ""
    one = "a frame" if folder.drawn else "an observation"
    lead = (
        f"Each point is {one} {scored_on(folder.results.study)}: across, the control's true value; up, what a linear "
        f"regression recovers from the embedding, both in standard deviations (±{SPAN:g}). Points on the dashed "
        f"diagonal are recovered exactly; a level cloud means that nothing is. The number is R².{said}{left_out}"
    )
    columns = ("run", "control", "R²", "95 % from", "to", "within the regime")
    table = tuple(cells for run in folder.results.runs for cells in _of_run(run, len(folder.results.runs)))
    title = "R² of every run, with a bootstrap over test points"
    heading = "What the encoder saw, and what it recovered" if folder.drawn else "True against recovered"
    return Section("evidence", heading, lead, rows, (Table(title, columns, table),), nav="Evidence")


def _row(folder: ResultsFolder, s: Series, shown: list[str]) -> Markup:
    run, few_controls = s.median_run, len(shown) <= FEW_CONTROLS
    charts = grid_of(scatter_panels(folder, run, shown, s.colour, s.label), shape(shown))
    frames = _frames(folder, s, across=SHOWN_FRAMES // 2 if few_controls else SHOWN_FRAMES)
    body = Markup('<div class="side">{}{}</div>').format(frames, charts) if few_controls else frames + charts
    median = ", the median of its seeds" if len(s.runs) > 1 else ""
    return titled(s.label, s.colour, f"R² {ratio(run.recovery.r2)}, seed {run.seed}{median}", body)


def scatter_panels(folder: ResultsFolder, run: Run, shown: list[str], colour: int, label: str) -> list[Markup]:
    """Return one panel of true against recovered values for each of these controls of a run."""
    arrays = folder.arrays(run, "truth", "recovered")
    truth, read = arrays["truth"][:SHOWN_POINTS], arrays["recovered"][:SHOWN_POINTS]
    cells = []
    for column, name in enumerate(shown):
        r2 = ratio(run.recovery.r2_per_control[name])
        title, desc = f"{name} after {label}: true against recovered", f"{number(len(truth))} test points, R² {r2}."
        cells.append(panel(name, r2, scatter(truth[:, column], read[:, column], colour, title, desc)))
    return cells


def _frames(folder: ResultsFolder, s: Series, across: int) -> Markup:
    """Return strips of the series' frames: as the encoder saw them, at their true size, and redrawn."""
    if s.exploration is None:
        return Markup("")
    own, sheet, frames = folder.true_frames(s.exploration), folder.contact_sheet(s.exploration), s.exploration.frames
    strips, room = [], PAGE if across == SHOWN_FRAMES else PAGE / 2
    if own.is_file():
        found = strip(own, min(SHOWN_FRAMES, frames), across=across)
        size = f"{found.tile[0]} × {found.tile[1]} pixels"
        strips.append((found, f"Frames of {s.label} as the encoder saw them, at their true size: {size}."))
        room -= found.width + 24
    if sheet.is_file():
        fit = max(FEWEST_REDRAWN, min(across, int((room + GAP) // (WIDEST_TILE + GAP))))
        rows = SHOWN_FRAMES // across
        found = strip(sheet, min(SHEET_FRAMES, frames), across=fit, first=fit * rows, exact=False)
        strips.append((found, "Redrawn for the report." if own.is_file() else "Redrawn: the encoder saw them smaller."))
    text = Markup(
        '<figure><div class="true-size"><img class="true hard" src="{}" width="{}" height="{}" alt="{}"></div>'
        "<figcaption>{}</figcaption></figure>"
    )
    drawn = (text.format(one.uri, one.width, one.height, said, said) for one, said in strips)
    return Markup('<div class="frames">{}</div>').format(Markup("").join(drawn)) if strips else Markup("")


def _of_run(run: Run, times: int) -> list[tuple[Cell, ...]]:
    r = run.recovery
    names = tabled_controls(list(r.r2_per_control), times, r.r2_per_control)
    inside = r.r2_in_regime or {}
    return [
        (run.id, name, *map(_r2, (r.r2_per_control[name], *r.r2_per_control_ci95[name], inside.get(name))))
        for name in names
    ]


def _r2(value: float | None) -> Shown | None:
    return None if value is None else shown_r2(value)
