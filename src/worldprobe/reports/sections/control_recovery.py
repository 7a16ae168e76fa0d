"""R² of every control after every exploration, between floors and ceiling."""

from __future__ import annotations

from worldprobe.reports.charts import Bar, Group, Mark, bar_chart
from worldprobe.reports.html_blocks import (
    Cell,
    Section,
    Table,
    both_widths,
    legend,
    shown_controls,
    shown_r2,
    tabled_controls,
)
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sweep_conditions import references_of
from worldprobe.reports.wording import at, intervals_over, ratio, scored_on
from worldprobe.results import Interval, Summary

EVERY = "all controls"


def control_recovery(folder: ResultsFolder) -> Section:
    """Show R² per control and regime as bars with intervals, between floors and ceiling."""
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
        "The share of each control's variance that a linear regression recovers from the embedding, "
        f"{scored_on(folder.results.study)}: 1 is all of it, 0 is no better than the mean. Whiskers are 95 % "
        f"intervals: {intervals_over(series)}.{said}"
    )
    columns = ("exploration", "control", "R²", "95 % from", "to", "interval over", "seeds")
    times = len(folder.results.summary)
    rows = tuple(row for s in folder.results.summary for row in _summary_rows(_named(folder, s), s, times))
    return Section(
        "recovered", "Which controls were recovered", lead, (key, chart), (Table(title, columns, rows),), nav="Controls"
    )


def _summary_rows(name: str, s: Summary, times: int) -> list[tuple[Cell, ...]]:
    means = {control: interval.mean for control, interval in s.r2_per_control.items()}
    tabled = tabled_controls(list(means), times, means)
    intervals = [(EVERY, s.r2), *((control, s.r2_per_control[control]) for control in tabled)]
    return [
        (name, control, shown_r2(i.mean), shown_r2(i.ci95[0]), shown_r2(i.ci95[1]), s.interval, s.seeds)
        for control, i in intervals
    ]


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
