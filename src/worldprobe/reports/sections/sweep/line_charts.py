"""R^2 along one swept number: measured, published and predicted, between floors and ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from worldprobe.reports.html_blocks import both_widths, grid_of, legend, panel, sign
from worldprobe.reports.quoted_values import quoted_values
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sections.sweep.sweep_picture import SweepPicture, place, said
from worldprobe.reports.sections.sweep.traces import At, Style, Trace, traces_chart
from worldprobe.reports.series_prediction import predicted_for
from worldprobe.reports.sweep_conditions import Condition, SweptAxis, as_number, matches
from worldprobe.reports.wording import at, ratio, scored_on
from worldprobe.results import Label
from worldprobe.results.condition_colours import NEUTRAL

Point = Mapping[str, Label]


def lines(folder: ResultsFolder, picture: SweepPicture, level: Sequence[Condition]) -> list[Markup]:
    """Draw a line for each condition; `level` are those that no axis affects."""
    axis, panels, charts = picture.drawn[0], picture.panels, []
    kinds: set[Style] = set()
    named: dict[str, Trace] = {}
    for point in panels:
        traces = _traces(folder, picture.conditions, level, axis, point)
        kinds |= {t.style for t in traces}
        named |= {t.name: t for t in traces if t.style in (Style.MEASURED, Style.REFERENCE)}
        values = sorted({p.x for t in traces for p in t.points})
        title = f"Mean R² against {axis.name}" + (f" at {at(point)}" if point else "")
        desc = "; ".join(
            f"{t.name}: {', '.join(f'{ratio(p.value)} at {p.x:g}' for p in t.points)}"
            for t in traces
            if t.style is Style.MEASURED
        )
        small = traces_chart(traces, values, axis.name, 350, title, desc, labels=False)
        if len(panels) > 1:
            charts.append(panel(at(point), "", small))
        else:
            charts.append(both_widths(traces_chart(traces, values, axis.name, 1040, title, desc, labels=True), small))
    key = [(sign(t.shape, t.colour) if t.style is Style.MEASURED else f"key {t.role}", t.name) for t in named.values()]
    kinds_of_line: list[tuple[str | Markup, str]] = (
        [(sign(0, NEUTRAL, empty=True), "published")] if Style.PUBLISHED in kinds else []
    )
    kinds_of_line += (
        [("key predicted", f"predicted for the ideal encoder, {scored_on(folder.results.study)}")]
        if Style.PREDICTED in kinds
        else []
    )
    everywhere = legend([*key, *kinds_of_line])
    if len(panels) > 1:
        return [everywhere, grid_of(charts, "three strong")]
    return [
        Markup('<div class="narrow">{}</div>').format(everywhere),
        _wide(legend(kinds_of_line) if kinds_of_line else Markup("")),
        *charts,
    ]


def _wide(body: Markup) -> Markup:
    return Markup('<div class="wide">{}</div>').format(body) if body else body


def _traces(
    folder: ResultsFolder, drawn: Sequence[Condition], level: Sequence[Condition], axis: SweptAxis, point: Point
) -> list[Trace]:
    traces = []
    for c in drawn:
        measured = [_at(s, axis) for s in c.series if matches(s.summary, point)]
        traces.append(Trace(c.label, Style.MEASURED, _rising(measured), c.colour, c.shape))
        if values := _predicted(folder, c, axis, point):
            traces.append(Trace(c.label, Style.PREDICTED, values, c.colour))
        if values := _published(folder, (c.regime, c.objective), c.label, axis, point):
            traces.append(Trace(c.label, Style.PUBLISHED, values, c.colour, c.shape))
    ends = (min(p.x for t in traces for p in t.points), max(p.x for t in traces for p in t.points))
    for c in level:
        summary = c.series[0].summary
        flat = tuple(At(x, summary.r2.mean, summary.r2.ci95, said(c.series[0])) for x in ends)
        traces.append(Trace(c.label, Style.MEASURED, flat, c.colour, c.shape, level=True))
    return [*traces, *_references(folder, axis, point, ends, {c.regime for c in drawn})]


def _references(
    folder: ResultsFolder, axis: SweptAxis, point: Point, ends: tuple[float, float], regimes: set[str]
) -> list[Trace]:
    """Return floors and ceilings along the axis, level where it does not matter to them."""
    traces = []
    own = {s.summary.regime for s in folder.series}
    here = [r for r in folder.references if matches(r, point) and (r.regime in regimes or r.regime not in own)]
    for role in dict.fromkeys(r.role for r in here):
        mine = [r for r in here if r.role == role]
        along = [At(x, r.r2.mean) for r in mine if (x := as_number(r.axes.get(axis.name))) is not None]
        level = [At(x, mine[0].r2.mean) for x in ends]
        name = folder.role(role)
        traces.append(Trace(name, Style.REFERENCE, _rising(along or level), role=role))
        if values := _published(folder, (mine[0].regime, mine[0].objective), name, axis, point):
            traces.append(Trace(name, Style.PUBLISHED, values, NEUTRAL))
    return traces


def _rising(points: Sequence[At]) -> tuple[At, ...]:
    return tuple(sorted(points, key=lambda p: p.x))


def _at(s: Series, axis: SweptAxis) -> At:
    return At(place(s, axis), s.summary.r2.mean, s.summary.r2.ci95, said(s))


def _predicted(folder: ResultsFolder, c: Condition, axis: SweptAxis, point: Point) -> tuple[At, ...]:
    """Return what the ideal encoder of a condition is predicted to reach on the test points."""
    there = [(s, predicted_for(folder, s)) for s in c.series if matches(s.summary, point)]
    return _rising([At(place(s, axis), p.r2_on_test) for s, p in there if p is not None and p.r2_on_test is not None])


def _published(
    folder: ResultsFolder, cell: tuple[str, str], name: str, axis: SweptAxis, point: Point
) -> tuple[At, ...]:
    """Return the published values of a regime and objective along an axis."""
    theirs = [q for q in quoted_values(folder) if q.control is None and q.is_of(*cell, point)]
    return _rising(
        [
            At(x, q.r2, None, f"{name}, {at(q.axes)}: published R² {ratio(q.r2)}")
            for q in theirs
            if (x := as_number(q.axes.get(axis.name))) is not None
        ]
    )
