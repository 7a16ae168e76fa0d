"""Theorem 3's bound against the error that it bounds, for every run to which it applies."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.blocks import Section, Table, both_widths, legend, note, sign
from worldprobe.reports.charts import BoundPoint, bound_chart
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sweep import conditions
from worldprobe.reports.words import at, count
from worldprobe.results import Run

LISTED = 8


@dataclass(frozen=True)
class Bounded:
    """A run to which the bound applies, its name, the bound and the error."""

    run: Run
    name: str
    bound: float
    error: float


def bounds(folder: ResultsFolder) -> Section:
    """Draw bound against Procrustes error of every run, and say how many keep it, by name those that do not."""
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
        f"{desc} Below the diagonal the error is smaller than its bound, as the theorem has it; how far below says how "
        "much the bound gives away. Both are measured on the regime’s own held-out pairs, so a finite sample can put "
        "a run that is near its bound above it."
    )
    return Section("bounds", "Does the bound hold?", lead, tuple(blocks), (_table(found),))


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
    return Table("Theorem 3's bound beside the error, run by run", columns, rows)
