"""What could be read off the embedding, and how linear it is."""

from __future__ import annotations

from markupsafe import Markup

from worldprobe.reports.blocks import (
    MOST_OPEN,
    Cell,
    Section,
    Shown,
    Table,
    both_widths,
    legend,
    mean_within,
    panel,
    row,
    shape,
    shown_controls,
    shown_r2,
    tabled_controls,
)
from worldprobe.reports.charts import SPAN, Bar, Group, Mark, bar_chart, scatter
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sweep import references_of
from worldprobe.reports.words import at, intervals_over, number, ratio, scored_on
from worldprobe.results import Interval, Run, Summary

SHOWN_POINTS = 400
EVERY = "all controls"
GEOMETRY = ("R²", "own probe", "within the regime", "controls → embedding", "orthogonality", "Procrustes", "d")


def recovered(folder: ResultsFolder) -> Section:
    """Show R^2 per control and regime as bars with intervals, between floors and ceiling."""
    series = folder.series
    shown, said = shown_controls(folder)
    groups = [_group(EVERY, None, folder), *(_group(name, name, folder) for name in shown)]
    title = "R² per control and exploration"
    desc = "; ".join(f"{s.label}: mean R² {ratio(s.summary.r2.mean)}" for s in series) + "."
    roles = dict.fromkeys(s.role for s in folder.references)
    key = legend(
        [(f"swatch c{s.colour}", s.label) for s in series] + [(f"key {role}", folder.role(role)) for role in roles]
    )
    chart = both_widths(bar_chart(groups, 860, title, desc), bar_chart(groups, 350, title, desc))
    lead = (
        "How much of each control a linear regression reads off the embedding, "
        f"{scored_on(folder.results.study)}: 1 is all of it, 0 is guessing. Whiskers are 95 % intervals: "
        f"{intervals_over(series)}.{said}"
    )
    columns = ("exploration", "control", "R²", "95 % from", "to", "interval over", "seeds")
    times = len(folder.results.summary)
    rows = tuple(row for s in folder.results.summary for row in _summary_rows(_named(folder, s), s, times))
    return Section("recovered", "Which controls were recovered", lead, (key, chart), (Table(title, columns, rows),))


def _summary_rows(name: str, s: Summary, times: int) -> list[tuple[Cell, ...]]:
    means = {control: interval.mean for control, interval in s.r2_per_control.items()}
    tabled = tabled_controls(list(means), times, means)
    intervals = [(EVERY, s.r2), *((control, s.r2_per_control[control]) for control in tabled)]
    return [
        (name, control, shown_r2(i.mean), shown_r2(i.ci95[0]), shown_r2(i.ci95[1]), s.interval, s.seeds)
        for control, i in intervals
    ]


def readings(folder: ResultsFolder) -> Section:
    """Show true against recovered controls as small multiples."""
    shown, said = shown_controls(folder)
    rows = tuple(_scatter_row(folder, s, shown) for s in folder.series)
    points = scored_on(folder.results.study)
    lead = (
        f"Each point is {'a frame' if folder.drawn else 'an observation'} {points}: across, the control's true "
        f"value; up, what the regression reads, both in standard deviations (±{SPAN:g}). On the dashed diagonal it is "
        f"read exactly; a level cloud means that nothing is known. The number is R².{said}"
    )
    columns = ("run", "control", "R²", "95 % from", "to", "within the regime")
    table = tuple(row for run in folder.results.runs for row in _run_rows(run, len(folder.results.runs)))
    title = "R² of every run, with a bootstrap over test points"
    return Section("readings", "True against recovered", lead, rows, (Table(title, columns, table),))


def geometry(folder: ResultsFolder) -> Section:
    """Tabulate how near the embedding is to a rotated copy of the controls, with Theorem 3's bound."""
    one = "series" if folder.swept else "exploration"
    several = any(len(s.runs) > 1 for s in folder.series)
    medians = Table(
        f"The run of each {one}{', the median one of its seeds' if several else ''}",
        (one, *GEOMETRY, "Theorem 3's bound"),
        tuple((s.label, *_geometry(s.median_run), _bound_said(s.median_run)) for s in folder.series),
    )
    runs = folder.results.runs
    every = Table("Geometry of every run", ("run", *GEOMETRY), tuple((run.id, *_geometry(run)) for run in runs))
    bounds = Table(
        "Theorem 3's bound of every run",
        ("run", "bound", "bounded error", "δ", "ε", "does it apply?"),
        tuple(_bound_row(run) for run in runs),
    )
    lead = (
        "R² says whether the controls can be read. Geometry says whether the embedding is a rotated copy of them, "
        "which is what planning in the embedding needs. The glossary below defines each column."
    )
    title = "How linear the embedding is"
    if len(folder.series) > MOST_OPEN:
        return Section("geometry", title, lead, (), (medians, every, bounds))
    return Section("geometry", title, lead, (), (every, bounds), shown=medians)


def _run_rows(run: Run, times: int) -> list[tuple[Cell, ...]]:
    r = run.recovery
    names = tabled_controls(list(r.r2_per_control), times, r.r2_per_control)
    inside = r.r2_in_regime or {}
    return [
        (run.id, name, *map(_r2, (r.r2_per_control[name], *r.r2_per_control_ci95[name], inside.get(name))))
        for name in names
    ]


def _scatter_row(folder: ResultsFolder, s: Series, shown: list[str]) -> Markup:
    run = s.median_run
    arrays = folder.arrays(run, "truth", "recovered")
    truth, read = arrays["truth"][:SHOWN_POINTS], arrays["recovered"][:SHOWN_POINTS]
    cells = []
    for column, name in enumerate(shown):
        r2 = ratio(run.recovery.r2_per_control[name])
        title = f"{name} after {s.label}: true against recovered"
        desc = f"{number(len(truth))} test points, R² {r2}."
        cells.append(panel(name, r2, scatter(truth[:, column], read[:, column], s.colour, title, desc)))
    said = f"seed {run.seed}" + (", the median of its seeds" if len(s.runs) > 1 else "")
    return row(s.label, s.colour, said, cells, shape(shown))


def _geometry(run: Run) -> tuple[Cell, ...]:
    r = run.recovery
    shares = map(_r2, (r.r2, r.r2_own_probe, mean_within(run), r.r2_controls_to_embedding))
    return *shares, r.orthogonality, r.procrustes, run.d


def _r2(value: float | None) -> Shown | None:
    return None if value is None else shown_r2(value)


def _bound_said(run: Run) -> str:
    b = run.recovery.bound
    if b.value is None or b.error is None:
        return f"does not apply: {b.reason}"
    holds = "holds" if b.error <= b.value else "does not hold"
    return f"{holds}: error {number(b.error)}, bound {number(b.value)}"


def _bound_row(run: Run) -> tuple[Cell, ...]:
    b = run.recovery.bound
    return run.id, b.value, b.error, b.delta, b.epsilon, "yes" if b.applies else f"no: {b.reason}"


def _group(title: str, control: str | None, folder: ResultsFolder) -> Group:
    series, references = folder.series, folder.references
    # A reference that exists for several regimes or points belongs to their bars; a single one to the group.
    shared = [r for r in references if sum(q.role == r.role for q in references) == 1]
    bars = []
    for s in series:
        interval = _interval(s.summary, control)
        marks = [_mark(folder, r, control) for r in references_of(folder, s.summary) if r not in shared]
        bars.append(Bar(f"{s.label}, {title}", s.colour, interval.mean, *interval.ci95, tuple(marks)))
    return Group(title, tuple(bars), tuple(_mark(folder, r, control) for r in shared))


def _interval(summary: Summary, control: str | None) -> Interval:
    return summary.r2 if control is None else summary.r2_per_control[control]


def _mark(folder: ResultsFolder, summary: Summary, control: str | None) -> Mark:
    return Mark(summary.role, folder.role(summary.role), _interval(summary, control).mean)


def _named(folder: ResultsFolder, summary: Summary) -> str:
    if summary.role != "measured":
        return ", ".join(filter(None, [folder.role(summary.role), at(summary.axes)]))
    return ", ".join(filter(None, [summary.regime, summary.objective, at(summary.axes)]))
