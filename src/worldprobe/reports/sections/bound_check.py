"""Theorem 3's bound compared with the error that it bounds, for every run to which it applies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.charts.drawing import marker, svg, text
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.html_blocks import Section, Table, both_widths, legend, note, sign
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sweep_conditions import conditions
from worldprobe.reports.wording import at, count, setting
from worldprobe.results import Run

LISTED = 8


@dataclass(frozen=True)
class Bounded:
    """A run to which the bound applies, its name, the bound and the error."""

    run: Run
    name: str
    bound: float
    error: float


def bound_check(folder: ResultsFolder) -> Section:
    """Draw bound against Procrustes error of every run, say in how many it holds, and name those in which it fails."""
    found = bounded(folder)
    kinds = {(c.regime, c.objective): c for c in conditions(folder)}
    points = [
        BoundPoint(b.bound, b.error, b.name, c.colour, c.shape)
        for b in found
        if (c := kinds.get((b.run.regime, b.run.objective))) is not None
    ]
    broken = sorted((b for b in found if b.error > b.bound), key=lambda b: b.bound / b.error)
    title, desc = "Theorem 3’s bound against the Procrustes error", _said(len(found), len(broken))
    chart = both_widths(bound_chart(points, 660, title, desc), bound_chart(points, 350, title, desc))
    there = {(b.run.regime, b.run.objective) for b in found}
    key = legend([(sign(c.shape, c.colour), c.label) for pair, c in kinds.items() if pair in there])
    blocks = [*([key] if len(there) > 1 else []), chart]
    if broken:
        blocks.append(_broken(broken))
    lead = (
        f"{desc} Below the diagonal the error is smaller than its bound, as the theorem says; the distance from the "
        "diagonal is how loose the bound is. Both are measured on the regime’s own held-out pairs, so that sampling "
        "error can put a run that is near its bound above it."
    )
    return Section("bounds", "Does the bound hold?", lead, tuple(blocks), (_table(found),), nav="Bound")


def bounded(folder: ResultsFolder) -> list[Bounded]:
    """Return every measured run to which Theorem 3's bound applies."""
    names = {run.id: s.label for s in folder.series for run in s.runs}
    several = {run.id for s in folder.series for run in s.runs if len(s.runs) > 1}
    found = []
    for run in folder.results.runs:
        b = run.recovery.bound
        if run.id in names and b.applies and b.value is not None and b.error is not None:
            name = names[run.id] + (f", seed {run.seed}" if run.id in several else "")
            found.append(Bounded(run, name, b.value, b.error))
    return found


def _broken(broken: list[Bounded]) -> Markup:
    """Name the runs above the diagonal, the worst first; the table holds those beyond LISTED."""
    listed = [f"{b.name}: error {b.error:.3g}, bound {b.bound:.3g}, {_by(b.error / b.bound)}" for b in broken[:LISTED]]
    if len(broken) > LISTED:
        listed.append(f"and {len(broken) - LISTED} more, {_by(broken[LISTED].error / broken[LISTED].bound)} or less")
    return note(f"{count(len(broken), 'run').capitalize()} above the diagonal, the farthest first:", "list", listed)


def _by(times: float) -> str:
    return f"{times:.2g} times the bound" if times >= 2 else f"{100 * (times - 1):.2g}\u00a0% above it"


def _said(runs: int, broken: int) -> str:
    if not broken:
        return f"Theorem 3’s bound holds in {'both' if runs == 2 else f'all {runs}'} runs to which it applies."
    return f"Theorem 3’s bound holds in {runs - broken} of {runs} runs to which it applies."


def _table(found: list[Bounded]) -> Table:
    columns = ("run", "point", "seed", "bound", "Procrustes error", "error ÷ bound", "δ", "ε", "holds")
    rows = tuple(
        (
            b.name,
            at(b.run.axes) or "—",
            b.run.seed,
            b.bound,
            b.error,
            b.error / b.bound if b.bound > 0 else None,
            b.run.recovery.bound.delta,
            b.run.recovery.bound.epsilon,
            "no" if b.error > b.bound else "yes",
        )
        for b in found
    )
    return Table("Theorem 3's bound and the error, run by run", columns, rows)


LEAST = 1e-9  # what a logarithm can show of nothing
NAMED = 3  # most runs that are named in the chart; more names than that lie on each other


@dataclass(frozen=True)
class BoundPoint:
    """One run: the bound, the error that it bounds, its name, and the colour and shape of its condition."""

    bound: float
    error: float
    name: str
    colour: int
    shape: int

    @property
    def broken(self) -> bool:
        """Whether the error exceeds the bound."""
        return self.error > self.bound


def bound_chart(points: Sequence[BoundPoint], width: int, title: str, desc: str) -> Markup:
    """Draw error (up) against bound (across), both in logarithms; above the diagonal, shaded, the bound fails."""
    height = 0.8 * width if width >= 600 else 0.95 * width
    x, y = _scales(points, width, height)
    parts = [_beyond(x, y)]
    for t in x.ticks():
        parts.append(Markup('<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>').format(x(t), y.start, y.end))
        parts.append(text(x(t), y.start + 17, setting(t), anchor="middle"))
    for t in y.ticks():
        parts.append(Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x.start, y(t), x.end))
        parts.append(text(50, y(t) + 4, setting(t), anchor="end"))
    sign = Markup('<path class="sign c{}" d="{}"><title>{}</title></path>')
    for p in sorted(points, key=lambda p: p.broken):
        said = f"{p.name}: Procrustes error {p.error:.3g}, bound {p.bound:.3g}"
        parts.append(sign.format(p.colour, marker(p.shape, x(p.bound), y(p.error), 3.6), said))
    parts += _names([p for p in points if p.broken], x, y)
    parts += [
        text(x.start, 6, "Procrustes error ↑", "axis-name"),
        text(x.end, y.start + 38, "Theorem 3’s bound →", "axis-name", "end"),
    ]
    return svg(width, height, title, desc, parts, "bound")


def _scales(points: Sequence[BoundPoint], width: float, height: float) -> tuple[Scale, Scale]:
    """Return scales that show all points and a piece of the diagonal."""
    bounds, errors = (
        [max(v, LEAST) for v in values] for values in zip(*((p.bound, p.error) for p in points), strict=True)
    )
    top = max(*errors, 3 * min(bounds))
    x = Scale(min(bounds) / 1.4, max(bounds) * 1.4, 58, width - 12, ScaleKind.LOG)
    return x, Scale(min(errors) / 1.4, top * 1.4, height - 46, 12, ScaleKind.LOG)


def _beyond(x: Scale, y: Scale) -> Markup:
    """Draw the diagonal as far as both axes show it, and shade what lies above it."""
    low, high = max(x.low, y.low), min(x.high, y.high)
    shade = Markup('<path class="beyond" d="M{0:.1f} {1:.1f}V{2:.1f}L{3:.1f} {4:.1f}V{5:.1f}H{0:.1f}Z"/>')
    line = Markup('<path class="ideal" d="M{:.1f} {:.1f}L{:.1f} {:.1f}"/>').format(x(low), y(low), x(high), y(high))
    return shade.format(x(low), y.end, y(low), x(high), y(high), y.end) + line


def _names(broken: Sequence[BoundPoint], x: Scale, y: Scale) -> list[Markup]:
    """Name those that exceed the bound, in the empty space above them; none where they are many."""
    parts, free = [], float("inf")
    for p in sorted(broken, key=lambda p: p.error) if len(broken) <= NAMED else ():
        free = min(y(p.error) - 9, free - 14)
        right = x(p.bound) > (x.start + x.end) / 2
        parts.append(text(x(p.bound), max(free, 24.0), p.name, "said", "end" if right else "start"))
    return parts
